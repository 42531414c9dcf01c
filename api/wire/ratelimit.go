package wire

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"sirocco/hub"
)

// rateLimiter counts requests per token, address or organization, on this node alone.
type rateLimiter struct {
	perMinute int
	clock     hub.Clock

	mu      sync.Mutex
	buckets map[string]*rate.Limiter // by token id
	swept   time.Time
}

func newRateLimiter(perMinute int, clock hub.Clock) *rateLimiter {
	return &rateLimiter{perMinute: perMinute, clock: clock, buckets: map[string]*rate.Limiter{}}
}

// allow counts a request of the token and sets the RateLimit headers of the IETF draft
// (draft-ietf-httpapi-ratelimit-headers), where h is not nil. When the token has none left it reports how long to wait.
func (l *rateLimiter) allow(h http.Header, token string) (wait time.Duration, ok bool) {
	if l.perMinute <= 0 {
		return 0, true
	}
	now := l.clock()
	bucket := l.bucket(token, now)
	ok = bucket.AllowN(now, 1)
	left := bucket.TokensAt(now)
	perSecond := float64(bucket.Limit())
	if !ok {
		wait = time.Duration((1 - left) / perSecond * float64(time.Second))
	}
	if h == nil {
		return wait, ok
	}
	reset := math.Ceil((float64(l.perMinute) - left) / perSecond)
	h.Set("RateLimit-Policy", fmt.Sprintf(`"default";q=%d;w=60`, l.perMinute))
	h.Set("RateLimit", `"default";r=`+strconv.Itoa(max(0, int(left)))+`;t=`+strconv.Itoa(int(reset)))
	return wait, ok
}

// refuseForNow answers a request that is one too many.
func refuseForNow(w http.ResponseWriter, wait time.Duration, message string) {
	w.Header().Set("Retry-After", seconds(wait))
	WriteError(w, refusal(http.StatusTooManyRequests, message))
}

func (l *rateLimiter) bucket(token string, now time.Time) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.swept) > time.Minute { // a full bucket is as good as none
		for id, b := range l.buckets {
			if b.TokensAt(now) >= float64(l.perMinute) {
				delete(l.buckets, id)
			}
		}
		l.swept = now
	}
	b, ok := l.buckets[token]
	if !ok {
		b = rate.NewLimiter(rate.Limit(float64(l.perMinute)/60), l.perMinute)
		l.buckets[token] = b
	}
	return b
}
