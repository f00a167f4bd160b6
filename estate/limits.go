package estate

import "time"

// Limits of the estate. It is held in memory, so that each kind ends somewhere: about 500 bytes a
// terminal with its device make 500 MB at the most.
const (
	maxAccounts  = 100_000
	maxGroups    = 200_000
	maxTerminals = 500_000
	maxDevices   = 500_000
	maxKeys      = 500_000
	maxShops     = 200_000
	maxWishes    = 100_000

	maxName     = 100 // characters
	maxURL      = 2048
	maxPOIID    = 50
	maxKey      = 200 // characters of a presented key, before it is hashed
	maxReason   = 40
	maxSoftware = 64
	loadPage    = 1000

	maxMerchant   = 80
	maxReference  = 80
	maxShopText   = 200
	maxStatement  = 22 // characters
	maxNetworks   = 20 // of one key, and permissions that it is narrowed to
	maxKeyOverlap = 90 * 24 * time.Hour
	maxWhy        = 200

	// maxTogether bounds the streams that one step changes, below what a batch of the journal may hold.
	maxTogether = 2000
	maxRows     = 900 // of one CSV: a terminal and a device each
	maxCSV      = 1 << 20

	maxCreditLimit = 1_000_000 // cents
	maxFees        = 50        // of a group
	maxMethod      = 20
	maxFee         = 100_000 // cents
	maxBasisPoints = 10_000
)

// Activation codes: 8 of 32 symbols are 40 bits; with the lock, a device that guesses day and night
// for a year (175,200 tries) meets one of 1,000 open codes with a chance of one in 6,000. To guess at
// all it must be boarded and hold a confirmed initial key, and every try is a fact.
const (
	codeLength  = 8
	codeLife    = 30 * 24 * time.Hour
	maxCode     = 32 // characters as typed, with spaces and dashes
	wrongCodes  = 5
	lockForTime = 15 * time.Minute
)

// alarmAgain is how soon a second alarm speaks against the sensor, and not for a second attack.
const alarmAgain = 30 * 24 * time.Hour
