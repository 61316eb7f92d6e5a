// The gin one: PORT, and for TLS TLS_CERT and TLS_KEY, in the environment.
package main

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"strconv"

	"github.com/gin-gonic/gin"
)

func letters(count int) []byte {
	return bytes.Repeat([]byte("abcdefghijklmnopqrstuvwxyz"), count/26+1)[:count]
}

func count(context *gin.Context) int {
	number, _ := strconv.Atoi(context.Param("count"))
	return number
}

func sendBytes(context *gin.Context) {
	context.Header("Content-Length", context.Param("count"))
	context.Data(http.StatusOK, "text/plain", letters(count(context)))
}

func sendChunked(context *gin.Context) {
	context.Status(http.StatusOK)
	for rest := letters(count(context)); len(rest) > 0; {
		piece := rest[:min(len(rest), 10000)]
		context.Writer.Write(piece)
		context.Writer.Flush()
		rest = rest[len(piece):]
	}
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}

func sendCached(context *gin.Context) {
	context.Header("ETag", `"v1"`)
	if context.GetHeader("If-None-Match") == `"v1"` {
		context.Status(http.StatusNotModified)
		return
	}
	context.String(http.StatusOK, "cached")
}

func takeUpload(context *gin.Context) {
	length, _ := io.Copy(io.Discard, context.Request.Body)
	context.String(http.StatusOK, "%d", length)
}

func main() {
	gin.SetMode(gin.ReleaseMode)
	server := gin.New()
	server.GET("/bytes/:count", sendBytes)
	server.HEAD("/bytes/:count", sendBytes)
	server.GET("/chunked/:count", sendChunked)
	server.GET("/cached", sendCached)
	server.POST("/upload", takeUpload)
	at := "127.0.0.1:" + os.Getenv("PORT")
	if certificate := os.Getenv("TLS_CERT"); certificate != "" {
		server.RunTLS(at, certificate, os.Getenv("TLS_KEY"))
	} else {
		server.Run(at)
	}
	os.Exit(1)
}
