// WebSocket frames (RFC 6455): what the server says is taken apart, pings are answered, texts are sent.
#include "reader.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { TEXT = 1, BINARY = 2, CONTINUATION = 0, CLOSE = 8, PING = 9, PONG = 10 };

// A client must mask; a mask of zeros leaves the bytes as they are.
static int send_frame(conn_t *conn, int opcode, const char *payload, size_t len) {
  char head[14] = {(char)(0x80 | opcode)};
  size_t size = 2;
  if (len < 126) {
    head[1] = (char)(0x80 | len);
  } else if (len < 65536) {
    head[1] = (char)(0x80 | 126);
    head[2] = (char)(len >> 8);
    head[3] = (char)len;
    size = 4;
  } else {
    return 0;
  }
  memset(head + size, 0, 4);
  size += 4;
  struct iovec parts[2] = {{head, size}, {(void *)payload, len}};
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
  // The little that is sent always finds room in an empty buffer.
  return sendmsg(conn->fd, &message, MSG_NOSIGNAL) == (ssize_t)(size + len);
}

int send_text(conn_t *conn, const char *text, size_t len) { return send_frame(conn, TEXT, text, len); }

void keep(conn_t *conn, const char *rest, size_t len) {
  if (len > conn->carry_cap) {
    free(conn->carry);
    conn->carry = malloc(len);
    conn->carry_cap = len;
  }
  memmove(conn->carry, rest, len);
  conn->carry_len = len;
}

int take_frames(conn_t *conn, char *data, size_t len, uint64_t now) {
  size_t at = 0;
  while (len - at >= 2) {
    const unsigned char *head = (unsigned char *)data + at;
    size_t size = head[1] & 127, skip = 2;
    if (size == 126) {
      skip = 4;
      if (len - at < skip) break;
      size = (size_t)head[2] << 8 | head[3];
    } else if (size == 127) {
      skip = 10;
      if (len - at < skip) break;
      size = 0;
      for (int i = 2; i < 10; i++) size = size << 8 | head[i];
    }
    if (len - at - skip < size) break;
    char *payload = data + at + skip;
    at += skip + size;
    switch (head[0] & 15) {
    case PING:
      send_frame(conn, PONG, payload, size);
      break;
    case CLOSE:
      return 0;
    case TEXT:
    case BINARY:
    case CONTINUATION:
      // Engine.IO, under Socket.IO, has pings of its own.
      if (size == 1 && payload[0] == '2') send_text(conn, "3", 1);
      else on_data_frame(conn, payload, size, now);
    }
  }
  keep(conn, data + at, len - at);
  return 1;
}
