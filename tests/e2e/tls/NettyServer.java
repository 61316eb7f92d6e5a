// Netty with its OpenSSL engine (tcnative): NettyServer PORT CERTIFICATE KEY
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.*;
import io.netty.handler.ssl.*;
import java.io.File;

public class NettyServer {
  static class Handler extends SimpleChannelInboundHandler<FullHttpRequest> {
    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
      byte[] body = String.valueOf(request.content().readableBytes()).getBytes();
      if (request.method().equals(HttpMethod.GET)) {
        body = new byte[Integer.parseInt(request.uri().substring(request.uri().lastIndexOf('/') + 1))];
        for (int i = 0; i < body.length; i++) body[i] = (byte) ('a' + i % 26);
      }
      var response = new DefaultFullHttpResponse(
          HttpVersion.HTTP_1_1, HttpResponseStatus.OK, Unpooled.wrappedBuffer(body));
      response.headers().set("Content-Length", body.length);
      context.writeAndFlush(response);
    }
  }

  public static void main(String[] words) throws Exception {
    SslContext tls = SslContextBuilder.forServer(new File(words[1]), new File(words[2]))
        .sslProvider(SslProvider.OPENSSL).build();
    new ServerBootstrap().group(new NioEventLoopGroup(2)).channel(NioServerSocketChannel.class)
        .childHandler(new ChannelInitializer<SocketChannel>() {
          @Override
          protected void initChannel(SocketChannel channel) {
            channel.pipeline().addLast(tls.newHandler(channel.alloc()), new HttpServerCodec(),
                new HttpObjectAggregator(20_000_000), new Handler());
          }
        }).bind("127.0.0.1", Integer.parseInt(words[0])).sync();
  }
}
