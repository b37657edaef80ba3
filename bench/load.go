package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// connections is how many people ask at once.
const connections = 32

// A run is what one contender did in one round.
type run struct {
	perSecond float64
	cpu       time.Duration // of the contender's process, for each request
	p99       time.Duration
}

// A target is one page of one contender, with the cookies that open it.
type target struct {
	*process
	path, cookie string
}

// load asks for the page as fast as it is answered. Every answer has to be the page.
func (t target) load(d time.Duration) (run, error) {
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		all   []time.Duration
		first error
	)
	before := t.cpu()
	began := time.Now()
	for range connections {
		wg.Go(func() {
			took, err := t.ask(began.Add(d))
			mu.Lock()
			defer mu.Unlock()
			all = append(all, took...)
			first = cmp.Or(first, err)
		})
	}
	wg.Wait()
	elapsed := time.Since(began)
	if first != nil || len(all) == 0 {
		return run{}, fmt.Errorf("%s: %w", t.origin, errors.Join(first, errors.New("load failed")))
	}
	slices.Sort(all)
	n := len(all)
	return run{float64(n) / elapsed.Seconds(), (t.cpu() - before) / time.Duration(n), all[n*99/100]}, nil
}

// ask uses one connection until the time is up.
func (t target) ask(until time.Time) ([]time.Duration, error) {
	host := strings.TrimPrefix(t.origin, "http://")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	request := []byte("GET " + t.path + " HTTP/1.1\r\nHost: " + host + "\r\nCookie: " + t.cookie + "\r\n\r\n")
	reader := bufio.NewReaderSize(conn, 16<<10)
	var took []time.Duration
	for {
		began := time.Now()
		if began.After(until) {
			return took, nil
		}
		if _, err := conn.Write(request); err != nil {
			return nil, err
		}
		res, err := http.ReadResponse(reader, nil)
		if err != nil {
			return nil, err
		}
		n, err := io.Copy(io.Discard, res.Body)
		if err = errors.Join(err, res.Body.Close()); err != nil || res.StatusCode != http.StatusOK || n < pageAtLeast {
			return nil, errors.Join(err, fmt.Errorf("answer %d of %d bytes", res.StatusCode, n))
		}
		took = append(took, time.Since(began))
	}
}

// pageAtLeast is less than the page has, and more than an error page.
const pageAtLeast = 5000

// cpu is the time the process has used, 0 where /proc does not tell.
func (p *process) cpu() time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond // ticks of 100 Hz, the ABI of Linux
}

// memory is what the process keeps in memory, in MiB.
func (p *process) memory() float64 {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kib / 1024
		}
	}
	return 0
}
