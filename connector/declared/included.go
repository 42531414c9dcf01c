package declared

import (
	_ "embed"
	"sync"
)

//go:embed platforms/jobnimbus.yaml
var jobNimbus []byte

// JobNimbus is the platform JOBNIMBUS, whose file is part of the program.
var JobNimbus = sync.OnceValue(func() *Platform {
	p, err := Parse("jobnimbus.yaml", jobNimbus)
	if err != nil {
		panic("declared: " + err.Error())
	}
	return p
})
