// Package sqlite keeps the record (package journal) in one SQLite file.
//
// One writer drains whatever batches wait into one transaction, so that one sync of the disk
// serves them all; readers use connections of their own and see what is durable. Open refuses
// settings under which an acknowledged batch could be lost: a journal mode other than WAL,
// synchronous other than FULL, a SQLite with the WAL-reset bug, a damaged file, a schema newer
// than this program, a network file system, a second process. After the first I/O error the store
// accepts nothing: what is in the file then is known only after a restart has read it again.
//
// It never decides anything, never writes from two connections and never retries a failed sync.
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"

	"kassa/journal"

	"zombiezen.com/go/sqlite"
)

// Errors of Open.
var (
	// ErrLocked tells that another process (or another Store) has the file open.
	ErrLocked = errors.New("sqlite: another kassa serves this data")
	// ErrUnsafe tells that a setting or the file itself would put the record at risk.
	ErrUnsafe = errors.New("sqlite: unsafe to serve from")
	// ErrNewerSchema tells that a later release of Kassa has written the file.
	ErrNewerSchema = errors.New("sqlite: the data has a newer schema than this program")
)

// Options tune a store; the zero value is right for most.
type Options struct {
	// Readers is the number of connections for reading, 4 when 0.
	Readers int
	// Pragmas are more settings for each connection, for example "cache_size = -65536". They come
	// before the check, which refuses those that would make the store unsafe.
	Pragmas []string
	// AllowNetworkFS accepts a file on NFS, CIFS, 9P or FUSE, whose locks and syncs cannot be
	// relied on.
	AllowNetworkFS bool
}

// Stats count since Open.
type Stats struct {
	// Commits is the number of transactions made durable, Batches of the batches within them.
	Commits uint64
	Batches uint64
}

// Store is an open record. Its methods may be called from any goroutine.
type Store struct {
	path string
	opts Options
	lock *os.File

	conns   []*sqlite.Conn // every one, in the order of opening
	queue   *queue
	readers chan *sqlite.Conn
	watch   watchers
	writer  *writer
	// turn is held by the writer during a transaction, and by the checkpoint for its last part.
	turn sync.Mutex
	due  chan struct{} // a checkpoint is due

	last    atomic.Uint64
	commits atomic.Uint64
	batches atomic.Uint64

	failOnce  sync.Once
	cause     error // read after failed is closed
	failed    chan struct{}
	closeOnce sync.Once
	closeErr  error
	closing   chan struct{} // no new work
	drained   chan struct{} // the writer has ended
	tasks     sync.WaitGroup
}

// Open opens the record in the file at path, and makes it when there is none. Its error wraps
// ErrLocked, ErrUnsafe or ErrNewerSchema when it is one of these.
func Open(path string, opts Options) (*Store, error) {
	if opts.Readers <= 0 {
		opts.Readers = defaultReaders
	}
	opts.Readers = min(opts.Readers, maxReaders)
	if err := checkFileSystem(filepath.Dir(path), opts.AllowNetworkFS); err != nil {
		return nil, err
	}
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, err
	}
	s := &Store{
		path: path, opts: opts, lock: lock,
		queue:   newQueue(),
		readers: make(chan *sqlite.Conn, opts.Readers),
		due:     make(chan struct{}, 1),
		failed:  make(chan struct{}),
		closing: make(chan struct{}),
		drained: make(chan struct{}),
	}
	if err := s.open(); err != nil {
		close(s.closing)
		s.tasks.Wait()
		return nil, errors.Join(err, s.release())
	}
	return s, nil
}

// open makes the connections, in an order in which nothing is written before the file is known to
// be ours, whole and of our schema.
func (s *Store) open() error {
	if err := createFile(s.path); err != nil {
		return err
	}
	conn, err := s.connect(sqlite.OpenReadWrite)
	if err != nil {
		return err
	}
	s.writer = &writer{store: s, conn: conn}
	inline, err := s.checkInline(conn)
	if err != nil {
		return err
	}
	if err := migrate(conn); err != nil {
		return err
	}
	if err := syncDir(filepath.Dir(s.path)); err != nil {
		return err
	}
	if err := s.writer.prepare(); err != nil {
		return err
	}
	for range s.opts.Readers {
		reader, err := s.connect(sqlite.OpenReadOnly)
		if err != nil {
			return err
		}
		s.readers <- reader
	}
	checkpointer, err := s.connect(sqlite.OpenReadWrite)
	if err != nil {
		return err
	}
	s.tasks.Go(func() { s.checkpoints(checkpointer) })
	if !inline {
		if err := s.checkBeside(); err != nil {
			return err
		}
	}
	go s.writer.run()
	return nil
}

// Submit queues a batch; done hears of it after its commit, in the order of the calls to Submit.
// It blocks only when too much waits already. Done is called by the goroutine that writes (by
// Submit itself once the store is closed), so that it must be quick and must call neither Submit
// nor Close. The batch must not be changed before done was called.
func (s *Store) Submit(b journal.Batch, done func(journal.Receipt, error)) {
	size, err := b.Check()
	if !s.queue.put(request{batch: b, done: done, size: size, err: err}) {
		done(journal.Receipt{}, journal.ErrClosed)
	}
}

// Commit is Submit for a caller that waits. When ctx ends first the batch may still be made durable.
func (s *Store) Commit(ctx context.Context, b journal.Batch) (journal.Receipt, error) {
	type answer struct {
		receipt journal.Receipt
		err     error
	}
	answers := make(chan answer, 1)
	s.Submit(b, func(r journal.Receipt, err error) { answers <- answer{r, err} })
	select {
	case a := <-answers:
		return a.receipt, a.err
	case <-ctx.Done():
		return journal.Receipt{}, fmt.Errorf("sqlite: commit: %w", ctx.Err())
	}
}

// Last is the sequence number of the last durable fact, 0 when there is none.
func (s *Store) Last() uint64 { return s.last.Load() }

// Failed is closed at the first I/O error. The process should then end, and not serve before it
// has been started again.
func (s *Store) Failed() <-chan struct{} { return s.failed }

// Stats tell how many batches shared how many commits.
func (s *Store) Stats() Stats {
	return Stats{Commits: s.commits.Load(), Batches: s.batches.Load()}
}

// Watch gives a nudge after commits until ctx ends or the store is closed; then the channel is
// closed. Nudges that are not taken fall together into one.
func (s *Store) Watch(ctx context.Context) <-chan struct{} { return s.watch.add(ctx) }

// fail stops the store.
func (s *Store) fail(err error) {
	s.failOnce.Do(func() {
		s.cause = err
		close(s.failed)
	})
}

// stopped is the reason why nothing is accepted any more, or nil.
func (s *Store) stopped() error {
	select {
	case <-s.failed:
		return fmt.Errorf("%w: %w", journal.ErrClosed, s.cause)
	default:
		return nil
	}
}

// Close makes durable what was submitted before, ends all work and lets the file go. Its error is
// the I/O error that stopped the store, if any.
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		s.queue.close()
		<-s.drained
		close(s.closing)
		s.tasks.Wait()
		s.watch.close()
		for range s.opts.Readers {
			<-s.readers // it is not in use
		}
		close(s.readers)
		s.closeErr = s.release()
		select {
		case <-s.failed:
			s.closeErr = s.cause
		default:
		}
	})
	return s.closeErr
}

// release closes the connections, none of which is in use, the writing one last: it empties the log.
func (s *Store) release() error {
	var errs []error
	for _, conn := range slices.Backward(s.conns) {
		errs = append(errs, conn.Close())
	}
	s.conns = nil
	return errors.Join(append(errs, s.lock.Close())...)
}
