<?php
// php -S ADDRESS app.php, and Apache with mod_php
function letters(int $count): string
{
    return substr(str_repeat('abcdefghijklmnopqrstuvwxyz', intdiv($count, 26) + 1), 0, $count);
}

function answer(string $body): void
{
    header('Content-Length: ' . strlen($body));
    echo $body;
}

function answer_chunked(string $body): void
{
    foreach (str_split($body, 10000) as $piece) {
        echo $piece;
        flush();
    }
}

function answer_cached(): void
{
    header('ETag: "v1"');
    if (($_SERVER['HTTP_IF_NONE_MATCH'] ?? '') === '"v1"') {
        http_response_code(304);
    } else {
        answer('cached');
    }
}

header_remove('X-Powered-By');
[, $name, $count] = explode('/', $_SERVER['REQUEST_URI'] . '/0');
match ($name) {
    'bytes' => answer(letters((int) $count)),
    'chunked' => answer_chunked(letters((int) $count)),
    'cached' => answer_cached(),
    'upload' => answer((string) strlen(file_get_contents('php://input'))),
    default => http_response_code(404),
};
