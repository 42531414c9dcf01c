package audio_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"sirocco/audio"
)

// TestBucketURL: what a URL says of a bucket is understood, or refused by its name.
func TestBucketURL(t *testing.T) {
	for url, refused := range map[string]string{
		"s3://recordings?region=eu-north-1":                                                       "",
		"s3://recordings?region=eu-north-1&use_path_style=true&endpoint=http://127.0.0.1:9":       "",
		"s3://recordings?region=eu-north-1&s3ForcePathStyle=true&endpoint=https://s3.example.com": "",
		"s3://recordings?region=eu-north-1&ssetype=AES256&dualstack=true&accelerate=true":         "",
		"s3://recordings?region=eu-north-1&ssetype=aws:kms&kmskeyid=one&profile=two":              "",
		"s3://recordings?region=eu-north-1&anonymous=true&disable_https=true":                     "",
		"s3://recordings?regoin=eu-north-1":                                                       "regoin",
		"s3://recordings?region=eu-north-1&use_path_style=perhaps":                                "use_path_style",
		"s3://recordings?region=eu-north-1&ssetype=rot13":                                         "ssetype",
		"s3://recordings?region=eu-north-1&endpoint=127.0.0.1:9":                                  "endpoint",
	} {
		s, err := audio.Open(context.Background(), url)
		switch {
		case refused == "" && err != nil:
			t.Errorf("%s: %v", url, err)
		case refused != "" && (err == nil || !strings.Contains(err.Error(), refused)):
			t.Errorf("%s: %v, want a word of %s", url, err, refused)
		case err == nil:
			_ = s.Close()
		}
	}
}

// TestHangUp: where the request of an upload ends before its body does, nothing of it is left.
func TestHangUp(t *testing.T) {
	each(t, func(t *testing.T, s *audio.Store, folder string) {
		const size = 12 << 20
		ctx, cancel := context.WithCancel(t.Context())
		body := io.MultiReader(bytes.NewReader(make([]byte, 8<<20)), readerFunc(func([]byte) (int, error) {
			cancel()
			return 0, ctx.Err()
		}))
		if err := s.Put(ctx, "o/1", "audio/mpeg", size, body); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if left := files(t, folder); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }
