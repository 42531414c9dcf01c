package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"sync/atomic"
	"time"
)

// numbers makes every PATCH of a run give another name.
var numbers atomic.Uint32

// socket is a worker that speaks HTTP/1.1 over one connection that it keeps, with as little work of its own as can be.
type socket struct {
	conn    net.Conn
	in      *bufio.Reader
	op      operation
	request form
	targets []target
	random  *rand.Rand
	body    []byte
	// answered counts the answers: all have their status checked, the first of a turn also what is in them.
	answered int
}

func dial(address string, op operation, targets []target, n int) (worker, error) {
	conn, err := net.DialTimeout("tcp", address, 10*time.Second)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(5 * time.Minute)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return &socket{
		conn: conn, in: bufio.NewReaderSize(conn, 64<<10), op: op, request: newForm(op.text), targets: targets,
		random: rand.New(rand.NewPCG(uint64(n), uint64(time.Now().UnixNano()))),
	}, nil
}

func (s *socket) close() error { return s.conn.Close() }

func (s *socket) do() error {
	t := &s.targets[s.random.IntN(len(s.targets))]
	number := numbers.Add(1)
	s.request.fill(t, number)
	if _, err := s.conn.Write(s.request.text); err != nil {
		return err
	}
	if err := s.readAnswer(); err != nil {
		return err
	}
	s.answered++
	if s.answered == 1 {
		return s.op.check(s.body, t, number)
	}
	return nil
}

var (
	lengthHeader  = []byte("Content-Length: ")
	chunkedHeader = []byte("Transfer-Encoding: chunked")
)

// readAnswer reads one answer to its end and keeps its body until the next.
func (s *socket) readAnswer() error {
	line, err := s.line()
	if err != nil {
		return err
	}
	if len(line) < 12 {
		return fmt.Errorf("the answer begins with %q", line)
	}
	ok := string(line[9:12]) == "200"
	status := ""
	if !ok {
		status = string(line)
	}
	length, chunked := 0, false
	for {
		if line, err = s.line(); err != nil {
			return err
		}
		if len(line) == 0 {
			break
		}
		if text, found := bytes.CutPrefix(line, lengthHeader); found {
			if length, err = strconv.Atoi(string(text)); err != nil {
				return err
			}
		} else if bytes.Equal(line, chunkedHeader) {
			chunked = true
		}
	}
	s.body = s.body[:0]
	if chunked {
		err = s.readChunks()
	} else {
		err = s.readBody(length)
	}
	if err == nil && !ok {
		err = fmt.Errorf("%s: %s", status, s.body)
	}
	return err
}

func (s *socket) readChunks() error {
	for {
		line, err := s.line()
		if err != nil {
			return err
		}
		n, err := strconv.ParseUint(string(line), 16, 31)
		if err != nil {
			return err
		}
		if err := s.readBody(int(n)); err != nil {
			return err
		}
		if _, err := s.line(); err != nil || n == 0 {
			return err
		}
	}
}

func (s *socket) readBody(n int) error {
	have := len(s.body)
	if cap(s.body) < have+n {
		s.body = append(make([]byte, 0, 2*(have+n)), s.body...)
	}
	s.body = s.body[:have+n]
	_, err := io.ReadFull(s.in, s.body[have:])
	return err
}

func (s *socket) line() ([]byte, error) {
	line, err := s.in.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(line, []byte("\r\n")), nil
}
