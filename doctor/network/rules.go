// Package network is the rules of the way between a terminal and the cloud, under NET.
//
// It promises nothing beyond package doctor. Which step of the way fails the device itself says; what it cannot say
// yet is not known.
package network

import "kassa/doctor"

// Rules gives the rules.
func Rules() []doctor.Rule {
	return []doctor.Rule{
		wifiLost(),
		weakSignal(),
		idleCut(),
		dnsBlocked(),
		outboundBlocked(),
		tlsInspected(),
		routerOfShop(),
		clockSkew(),
		batteryLow(),
		cloneSuspected(),
		captivePortal(),
	}
}
