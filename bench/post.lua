-- wrk: POST /customResponse for answers of SIZE letters (default 100).
local size = os.getenv("SIZE") or "100"
wrk.method = "POST"
wrk.body = '{"size":' .. size .. '}'
wrk.headers["Content-Type"] = "application/json"
