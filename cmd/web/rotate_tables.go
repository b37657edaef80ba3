package main

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/gomodule/redigo/redis"

	"example.com/gatehouse/internal/bag"
	"example.com/gatehouse/internal/brand"
	"example.com/gatehouse/internal/redispool"
	"example.com/gatehouse/internal/seal"
	"example.com/gatehouse/internal/store"
)

// sealedRows are the sealed values of one table.
type sealedRows struct {
	store *store.Store
	table store.SealedTable
}

func sealedIn(p *parts) (all []sealedStore) {
	for _, t := range store.SealedTables {
		all = append(all, sealedRows{p.store, t})
	}
	return all
}

func (r sealedRows) what() string { return r.table.What }

func (r sealedRows) count(ctx context.Context) ([]store.SealedCount, error) {
	return r.store.SealedByKey(ctx, r.table, seal.HeaderBytes)
}

// resealedAtOnce is how many values change in one transaction, which holds up whoever wants one of them.
const resealedAtOnce = 100

func (r sealedRows) reseal(ctx context.Context, sealer *seal.Sealer, bar *progress) (n int, err error) {
	for after := ""; ; {
		batch, err := r.store.SealedBatch(ctx, r.table, sealer.Newest(), after, resealedAtOnce)
		if err != nil || len(batch) == 0 {
			return n, err
		}
		after = batch[len(batch)-1].Key
		size := len(batch)
		var sealed [][]byte
		batch = slices.DeleteFunc(batch, func(v store.SealedValue) bool {
			again, err := again(sealer, v.Sealed, v.Place)
			if err == nil {
				sealed = append(sealed, again)
			}
			return err != nil // its key is not given: the report says so
		})
		changed, err := r.store.Reseal(ctx, r.table, batch, sealed)
		if n += changed; err != nil {
			return n, err
		}
		bar.step(size)
	}
}

// again seals a value with the newest key.
func again(sealer *seal.Sealer, sealed []byte, place string) ([]byte, error) {
	plain, err := sealer.Open(sealed, place)
	if err != nil {
		return nil, err
	}
	return sealer.Seal(plain, place)
}

// redisBags are the bags in Redis.
type redisBags struct{ pool *redis.Pool }

func (redisBags) what() string { return "bags in Redis" }

// each calls do with the key of each bag, as it is without the prefix. A bag that is written meanwhile may be left out.
func (b redisBags) each(ctx context.Context, do func(conn redis.Conn, prefix, key string) error) error {
	conn, err := redispool.Get(ctx, b.pool)
	if err != nil {
		return errors.New("Redis does not answer") //nolint:staticcheck // a name
	}
	defer conn.Close()
	prefix := brand.RedisPrefix("bag")
	for cursor := 0; ; {
		reply, err := redis.Values(conn.Do("SCAN", cursor, "MATCH", prefix+"*", "COUNT", 500))
		if err != nil {
			return err
		}
		var keys []string
		if _, err := redis.Scan(reply, &cursor, &keys); err != nil {
			return err
		}
		for _, key := range keys {
			if err := do(conn, prefix, strings.TrimPrefix(key, prefix)); err != nil {
				return err
			}
		}
		if cursor == 0 || ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

func (b redisBags) count(ctx context.Context) (counts []store.SealedCount, err error) {
	err = b.each(ctx, func(conn redis.Conn, prefix, key string) error {
		header, err := redis.Bytes(conn.Do("GETRANGE", prefix+key, 0, seal.HeaderBytes-1))
		if err != nil || len(header) == 0 {
			return err
		}
		i := slices.IndexFunc(counts, func(c store.SealedCount) bool { return bytes.Equal(c.Header, header) })
		if i < 0 {
			i, counts = len(counts), append(counts, store.SealedCount{Header: header})
		}
		counts[i].Count++
		return nil
	})
	return counts, err
}

func (b redisBags) reseal(ctx context.Context, sealer *seal.Sealer, bar *progress) (n int, err error) {
	bags := bag.NewRedisBags(b.pool)
	err = b.each(ctx, func(conn redis.Conn, prefix, key string) error {
		old, err := bags.Find(ctx, key)
		if err != nil || len(old) == 0 || bytes.HasPrefix(old, sealer.Newest()) {
			return err
		}
		bar.step(1)
		left, err := redis.Int64(conn.Do("PTTL", prefix+key))
		if err != nil || left <= 0 {
			return err
		}
		sealed, err := again(sealer, old, key)
		if err != nil {
			return nil //nolint:nilerr // its key is not given: the report says so
		}
		swapped, err := bags.Swap(ctx, key, old, sealed, time.Now().Add(time.Duration(left)*time.Millisecond))
		if swapped {
			n++
		}
		return err
	})
	return n, err
}
