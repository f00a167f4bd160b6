package sqlite

import "time"

const (
	// maxQueueBatches and maxQueueBytes bound what waits for the writer: Submit blocks beyond.
	maxQueueBatches = 4096
	maxQueueBytes   = 64 << 20
	// maxGroupBatches and maxGroupBytes bound one commit, so that nobody waits for an endless one.
	maxGroupBatches = 1024
	maxGroupBytes   = 8 << 20

	// maxEntries and maxStreams bound one answer to a reader, whatever it asks for.
	maxEntries = 10_000
	maxStreams = 10_000
	// openPage is the number of open streams read at once.
	openPage = 256

	defaultReaders = 4
	maxReaders     = 64
	maxWatchers    = 65_536

	// busyTimeout is for tools beside Kassa (a backup); its own connections never meet.
	busyTimeout = 10 * time.Second

	// checkpointEvery is the number of rows written after which a checkpoint is due, and
	// walFrames the length of the log beyond which the writer pauses for the checkpoint's last
	// part: only a log that is copied whole starts over, and only a log that starts over keeps
	// its size, which makes its syncs cheaper.
	checkpointEvery = 1024
	walFrames       = 8192

	// inlineCheckBytes is the size up to which the file is checked before the store opens; a
	// larger one is checked beside the work, so that the start stays short at any size.
	inlineCheckBytes = 64 << 20
)
