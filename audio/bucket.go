package audio

import (
	"bytes"
	"cmp"
	"context"
	"crypto/md5" //nolint:gosec // as S3 has it
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/encrypt"

	"sirocco/hub"
)

// bucket keeps audio in a bucket of an S3-compatible store.
type bucket struct {
	client *minio.Client
	name   string
	// encryption is the store's own, or nothing.
	encryption encrypt.ServerSide
}

// openBucket opens the bucket that u names, with what its query says. It refuses what it does not know.
func openBucket(u *url.URL) (*bucket, error) {
	b := &bucket{name: u.Host}
	q := parameters{Values: u.Query()}
	endpoint, profile := q.text("endpoint"), q.text("profile")
	options := minio.Options{
		Secure: !q.flag("disable_https"),
		Region: cmp.Or(q.text("region"), os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION")),
		Creds: credentials.NewChainCredentials([]credentials.Provider{
			&credentials.EnvAWS{}, &credentials.FileAWSCredentials{Profile: profile}, &credentials.IAM{},
		}),
	}
	if profile != "" { // named in the URL, it goes before the environment
		options.Creds = credentials.NewFileAWSCredentials("", profile)
	}
	if q.flag("anonymous") {
		options.Creds = credentials.NewStaticV4("", "", "")
	}
	options.BucketLookup = minio.BucketLookupDNS
	if q.flag("use_path_style") || q.flag("s3ForcePathStyle") {
		options.BucketLookup = minio.BucketLookupPath
	}
	switch kind, key := q.text("ssetype"), q.text("kmskeyid"); {
	case kind == "AES256":
		b.encryption = encrypt.NewSSE()
	case kind == "aws:kms" || kind == "" && key != "":
		sse, err := encrypt.NewSSEKMS(key, nil)
		if err != nil {
			return nil, err
		}
		b.encryption = sse
	case kind != "":
		q.refuse("ssetype", `"AES256" or "aws:kms"`)
	}
	accelerate, dualstack := q.flag("accelerate"), q.flag("dualstack")
	if err := q.err(); err != nil {
		return nil, err
	}
	host := "s3.amazonaws.com"
	if endpoint != "" {
		e, err := url.Parse(endpoint)
		if err != nil || e.Host == "" || e.Path != "" && e.Path != "/" {
			return nil, fmt.Errorf("the endpoint %q is not of the form https://HOST:PORT", endpoint)
		}
		host, options.Secure = e.Host, e.Scheme != "http"
	}
	var err error
	if b.client, err = minio.New(host, &options); err != nil {
		return nil, err
	}
	b.client.SetS3EnableDualstack(dualstack)
	if accelerate {
		b.client.SetS3TransferAccelerate("s3-accelerate.amazonaws.com")
	}
	return b, nil
}

// parameters are those of a URL. Each that was asked for is known.
type parameters struct {
	url.Values

	problems []error
}

func (p *parameters) text(name string) string {
	value := p.Get(name)
	p.Del(name)
	return value
}

func (p *parameters) flag(name string) bool {
	text := p.text(name)
	if text == "" {
		return false
	}
	value, err := strconv.ParseBool(text)
	if err != nil {
		p.refuse(name, "true or false")
	}
	return value
}

func (p *parameters) refuse(name, want string) {
	p.problems = append(p.problems, fmt.Errorf("the parameter %s of the URL must be %s", name, want))
}

func (p *parameters) err() error {
	for name := range p.Values {
		p.problems = append(p.problems, fmt.Errorf("the URL has the parameter %s, which is not known", name))
	}
	return errors.Join(p.problems...)
}

func (b *bucket) close() error { return nil }

// partSize is how much of an upload is sent at once, and held in memory. A store takes at most partsMost parts.
const (
	partSize  = 5 << 20
	partsMost = 10_000
)

func (b *bucket) put(ctx context.Context, key, contentType string, size int64, body io.Reader) error {
	options := minio.PutObjectOptions{ContentType: contentType, ServerSideEncryption: b.encryption, SendContentMd5: true, DisableMultipart: true}
	options.SetMatchETagExcept("*")
	var err error
	if size <= partSize {
		_, err = b.client.PutObject(ctx, b.name, key, body, size, options)
	} else {
		err = b.putParts(ctx, key, size, body, options)
	}
	if err == nil {
		return nil
	}
	given, ok := body.(*promised)
	broken := ok && given.err != nil
	if minio.ToErrorResponse(err).StatusCode == http.StatusPreconditionFailed || !broken && b.has(ctx, key) { // a store that breaks off as it sees the key: its answer is lost
		return ErrExists
	}
	return err
}

// putParts sends an upload in parts. The client's own way of doing that forgets, as it puts them together, that
// nothing is to be replaced.
func (b *bucket) putParts(ctx context.Context, key string, size int64, body io.Reader, options minio.PutObjectOptions) (err error) {
	core := minio.Core{Client: b.client}
	id, err := core.NewMultipartUpload(ctx, b.name, key, minio.PutObjectOptions{ContentType: options.ContentType, ServerSideEncryption: b.encryption})
	if err != nil {
		return err
	}
	defer func() {
		if err != nil { // though ctx may have ended
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTimeout)
			defer cancel()
			_ = core.AbortMultipartUpload(ctx, b.name, key, id)
		}
	}()
	part := make([]byte, max(partSize, (size+partsMost-1)/partsMost))
	var parts []minio.CompletePart
	for left := size; left > 0; {
		part = part[:min(int64(len(part)), left)]
		if _, err := io.ReadFull(body, part); err != nil {
			return err
		}
		sum := md5.Sum(part) //nolint:gosec // it is S3's, against accidents
		sent, err := core.PutObjectPart(ctx, b.name, key, id, len(parts)+1, bytes.NewReader(part), int64(len(part)),
			minio.PutObjectPartOptions{Md5Base64: base64.StdEncoding.EncodeToString(sum[:])})
		if err != nil {
			return err
		}
		parts = append(parts, minio.CompletePart{PartNumber: sent.PartNumber, ETag: sent.ETag})
		left -= int64(len(part))
	}
	whole := minio.PutObjectOptions{}
	whole.SetMatchETagExcept("*")
	_, err = core.CompleteMultipartUpload(ctx, b.name, key, id, parts, whole)
	return err
}

// abortTimeout is how long a store has to forget the parts of an upload that broke off.
const abortTimeout = 10 * time.Second

// lookTimeout is how long a bucket has to say whether there is something under a key.
const lookTimeout = 10 * time.Second

// has reports whether there is audio under the key, though ctx may have ended.
func (b *bucket) has(ctx context.Context, key string) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTimeout)
	defer cancel()
	_, err := b.client.StatObject(ctx, b.name, key, minio.StatObjectOptions{})
	return err == nil
}

func (b *bucket) read(ctx context.Context, key string) (*Reader, error) {
	object, err := b.client.GetObject(ctx, b.name, key, minio.GetObjectOptions{})
	if err != nil {
		return nil, err
	}
	info, err := object.Stat()
	if err != nil {
		_ = object.Close()
		if minio.ToErrorResponse(err).StatusCode == http.StatusNotFound && !strings.Contains(minio.ToErrorResponse(err).Code, "Bucket") {
			return nil, hub.ErrNotFound
		}
		return nil, err
	}
	return &Reader{ReadSeekCloser: object, size: info.Size, modified: info.LastModified}, nil
}

func (b *bucket) remove(ctx context.Context, key string) error {
	err := b.client.RemoveObject(ctx, b.name, key, minio.RemoveObjectOptions{})
	if err != nil && minio.ToErrorResponse(err).Code == minio.NoSuchKey {
		return nil
	}
	return err
}

func (b *bucket) sweep(context.Context) error { return nil }
