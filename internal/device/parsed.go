package device

import (
	"strings"
	"sync"
)

// maxParsed and maxAgent bound what is remembered, which is text of clients: half a megabyte.
const (
	maxParsed = 1024
	maxAgent  = 256
)

// memory has devices by User-Agent header. When it is full it begins again, so that no client can fill it for good.
type memory struct {
	mu      sync.RWMutex
	devices map[string]Device
}

var parsed = memory{devices: map[string]Device{}}

func (m *memory) of(agent string) (Device, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	d, ok := m.devices[agent]
	return d, ok
}

func (m *memory) add(agent string, d Device) {
	if len(agent) > maxAgent {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.devices) >= maxParsed {
		clear(m.devices)
	}
	m.devices[strings.Clone(agent)] = d
}
