// The server of the walkthrough: POST /customResponse with {"size": N} answers {"answer": "<N random letters>"}.
//
// It can also play the bad deploy that tracerec is there to catch: -rename-above renames the field of long answers,
// -error-every answers some requests with 500.
package main

import (
	"flag"
	"fmt"
	"math/rand"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
)

const (
	letters     = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	maxSize     = 10 * 1000 * 1000
	defaultPort = "8080"
)

type request struct {
	Size int `json:"size"`
}

// What a bad deploy does.
type faults struct {
	renameAbove int    // sizes above it get the field under another name; negative: none
	errorEvery  uint64 // each n-th request gets a 500; 0: none
}

func randomLetters(size int) string {
	answer := make([]byte, size)
	for i := range answer {
		answer[i] = letters[rand.Intn(len(letters))]
	}
	return string(answer)
}

func customResponse(bad faults) gin.HandlerFunc {
	var served uint64
	return func(c *gin.Context) {
		var asked request
		if err := c.ShouldBindJSON(&asked); err != nil {
			c.JSON(http.StatusBadRequest, gin.H{"error": "the body must be JSON: {\"size\": N}"})
			return
		}
		if asked.Size < 0 || asked.Size > maxSize {
			c.JSON(http.StatusBadRequest, gin.H{"error": fmt.Sprintf("size must be between 0 and %d", maxSize)})
			return
		}
		if n := atomic.AddUint64(&served, 1); bad.errorEvery > 0 && n%bad.errorEvery == 0 {
			c.JSON(http.StatusInternalServerError, gin.H{"error": "out of letters"})
			return
		}
		name := "answer"
		if bad.renameAbove >= 0 && asked.Size > bad.renameAbove {
			name = "response"
		}
		c.JSON(http.StatusOK, gin.H{name: randomLetters(asked.Size)})
	}
}

// With a certificate it speaks TLS, and HTTP/2 to those who ask for it.
func run(router *gin.Engine, address string) error {
	certificate, key := os.Getenv("TLS_CERT"), os.Getenv("TLS_KEY")
	if certificate == "" {
		return router.Run(address)
	}
	return router.RunTLS(address, certificate, key)
}

func main() {
	var bad faults
	flag.IntVar(&bad.renameAbove, "rename-above", -1, "misbehave: rename the field of answers longer than this")
	flag.Uint64Var(&bad.errorEvery, "error-every", 0, "misbehave: answer each n-th request with 500")
	flag.Parse()

	port := os.Getenv("PORT")
	if port == "" {
		port = defaultPort
	}
	rand.Seed(time.Now().UnixNano())
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.Use(gin.Recovery())
	router.POST("/customResponse", customResponse(bad))
	if err := run(router, "127.0.0.1:"+port); err != nil {
		fmt.Fprintln(os.Stderr, "gin-server:", err)
		os.Exit(1)
	}
}
