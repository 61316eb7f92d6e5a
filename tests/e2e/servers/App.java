// java App.java PORT
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;

public class App {
  static byte[] letters(int count) {
    byte[] bytes = new byte[count];
    for (int i = 0; i < count; i++) bytes[i] = (byte) ('a' + i % 26);
    return bytes;
  }

  static void answer(HttpExchange exchange, int status, byte[] body, boolean chunked) throws IOException {
    boolean none = status == 304 || exchange.getRequestMethod().equals("HEAD");
    if (none && status == 200) exchange.getResponseHeaders().set("Content-Length", String.valueOf(body.length));
    exchange.sendResponseHeaders(status, none || body.length == 0 ? -1 : chunked ? 0 : body.length);
    if (!none && body.length > 0) exchange.getResponseBody().write(body);
    exchange.close();
  }

  static void handle(HttpExchange exchange) throws IOException {
    String[] parts = exchange.getRequestURI().getPath().split("/");
    int count = parts.length > 2 ? Integer.parseInt(parts[2]) : 0;
    switch (parts.length > 1 ? parts[1] : "") {
      case "bytes" -> answer(exchange, 200, letters(count), false);
      case "chunked" -> answer(exchange, 200, letters(count), true);
      case "cached" -> {
        exchange.getResponseHeaders().set("ETag", "\"v1\"");
        boolean same = "\"v1\"".equals(exchange.getRequestHeaders().getFirst("If-None-Match"));
        answer(exchange, same ? 304 : 200, "cached".getBytes(StandardCharsets.US_ASCII), false);
      }
      case "upload" -> {
        int length = exchange.getRequestBody().readAllBytes().length;
        answer(exchange, 200, String.valueOf(length).getBytes(StandardCharsets.US_ASCII), false);
      }
      default -> answer(exchange, 404, new byte[0], false);
    }
  }

  public static void main(String[] words) throws IOException {
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(words[0])), 128);
    server.createContext("/", App::handle);
    server.setExecutor(Executors.newFixedThreadPool(4));
    server.start();
  }
}
