package host

// amountCodes are the answers that the last three digits of an amount in minor units call for, after
// Adyen's test amounts. A request asks for them with DE48 tag AC.
var amountCodes = map[int64]string{
	121: "17", // cancelled
	122: "59", // fraud
	123: "05",
	124: rcFunds,
	125: "62", // restricted card
	126: rcExpired,
	127: rcAmount,
	128: rcUnknownCard,
	129: "58", // not permitted to the terminal
	130: "06", // error
	133: "01", // refer to the issuer
	134: rcWrongPIN,
	135: rcTriesExceeded,
	136: rcUnavailable,
	137: "61", // amount limit
	138: "61", // count limit: 65 would ask a tap for its PIN
	139: rcFunds,
	144: rcInvalid,
	146: rcNotPermitted,
	147: rcCode,
	148: "62",
	151: "59",
	158: "R1", // authorisation revoked
	162: "63", // security violation
}

// byAmount is the answer that the amount calls for, "" when it calls for none. Amounts that end in 142,
// 143 and 154 refuse a tap and ask for the chip, those that end in 166 ask for the PIN of a tap.
func byAmount(s sale, rec *Record) string {
	end := rec.Amount % 1000
	switch end {
	case 142, 143, 154:
		if s.tap() {
			return rcInsertCard
		}
		return ""
	case 166:
		switch {
		case s.hasPIN() || !s.tap():
			return ""
		case s.canPIN():
			return rcPINRequired
		}
		return rcInsertCard
	}
	return amountCodes[end]
}
