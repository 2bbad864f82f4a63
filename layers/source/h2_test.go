package source

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// TestRepeatedOverHTTP2 breaks off streams of a connection that stays.
func TestRepeatedOverHTTP2(t *testing.T) {
	src := testImage(t, hostPlatform, "gzip")
	reg := newRegistry()
	push(t, serve(t, reg)+"/app:1", src)
	for what, f := range map[string]fault{
		"before the answer": func(http.Handler, http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"in the answer":     dropped(10),
	} {
		for _, path := range []string{"/v2/", "/v2/app/manifests/1", "/v2/app/blobs/" + hash(t, src.ConfigName).String()} {
			if path == "/v2/" && what == "in the answer" {
				continue
			}
			t.Run(what+path, func(t *testing.T) {
				var once sync.Once
				srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
					act := fault(sound)
					if req.ProtoMajor != 2 {
						t.Error("not HTTP/2")
					}
					if req.URL.Path == path {
						once.Do(func() { act = f })
					}
					act(reg, w, req)
				}))
				srv.EnableHTTP2 = true
				srv.Config.ErrorLog = log.New(io.Discard, "", 0)
				srv.StartTLS()
				t.Cleanup(srv.Close)
				o := patient(2)
				o.Transport = srv.Client().Transport // which takes the server for example.com
				requireSame(t, src, mustOpen(t, "example.com/app:1", o))
			})
		}
	}
}
