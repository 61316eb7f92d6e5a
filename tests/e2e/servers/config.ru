# puma config.ru
LETTERS = 'abcdefghijklmnopqrstuvwxyz'.freeze

def letters(count)
  (LETTERS * (count / 26 + 1))[0, count]
end

def upload(input)
  length = input.read.bytesize.to_s
  [200, { 'Content-Length' => length.bytesize.to_s }, [length]]
end

def cached(tag)
  return [304, { 'ETag' => '"v1"' }, []] if tag == '"v1"'

  [200, { 'ETag' => '"v1"', 'Content-Length' => '6' }, ['cached']]
end

run(lambda do |environment|
  _, name, count = environment['PATH_INFO'].split('/')
  body = letters(count.to_i)
  case name
  when 'bytes' then [200, { 'Content-Length' => count }, environment['REQUEST_METHOD'] == 'HEAD' ? [] : [body]]
  when 'chunked' then [200, {}, body.scan(/.{1,10000}/)]
  when 'cached' then cached(environment['HTTP_IF_NONE_MATCH'])
  when 'upload' then upload(environment['rack.input'])
  else [404, { 'Content-Length' => '0' }, []]
  end
end)
