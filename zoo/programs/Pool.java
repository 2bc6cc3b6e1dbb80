// SPDX-License-Identifier: Apache-2.0
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;

/** Pool PORT THREADS MILLISECONDS: accepts while a thread is free, as Tomcat does. */
public class Pool {
    public static void main(String[] arguments) throws Exception {
        int threads = Integer.parseInt(arguments[1]), milliseconds = Integer.parseInt(arguments[2]);
        byte[] answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok".getBytes();
        var server = new ServerSocket(Integer.parseInt(arguments[0]), 200);
        var free = new Semaphore(threads);
        var pool = Executors.newFixedThreadPool(threads);
        while (true) {
            free.acquire();
            Socket client = server.accept();
            pool.submit(() -> {
                try (client) {
                    client.getInputStream().read(new byte[4096]);
                    Thread.sleep(milliseconds);
                    client.getOutputStream().write(answer);
                } catch (Exception gone) {
                    // The client gave up: no concern of the server's.
                } finally {
                    free.release();
                }
            });
        }
    }
}
