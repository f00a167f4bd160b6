package cause

import "context"

// networkRecipes make what is between a terminal and the cloud.
func networkRecipes() []Recipe {
	return []Recipe{
		{Code: "wifi_lost", What: "the Wi-Fi of the terminal is gone", Layer: OnNetwork, Needs: []Capability{Linked}, Takes: gone(), About: "terminal", Break: lostLink, Meet: aboutTerminal},
		{Code: "weak_signal", What: "the terminal stands where its network hardly reaches", Layer: OnNetwork, Needs: []Capability{Tells, Waits}, About: "terminal", Break: faulty("weak-signal"), Meet: aboutTerminal},
		{Code: "firewall_idle_cut", What: "a firewall cuts each link after four seconds", Layer: OnNetwork, Needs: []Capability{Linked}, Takes: unsteady(), About: "terminal", Break: cutAgainAndAgain, Meet: aboutTerminal},
		{Code: "dns_blocked", What: "the network does not find the cloud's name", Layer: OnNetwork, Needs: []Capability{Linked, Probes}, Asked: true, About: "terminal", Break: faulty("no-dns"), Meet: probing},
		{Code: "outbound_blocked", What: "a firewall lets no connection out", Layer: OnNetwork, Needs: []Capability{Linked, Probes}, Asked: true, About: "terminal", Break: faulty("no-tcp"), Meet: probing},
		{Code: "tls_inspected", What: "the network opens encrypted connections", Layer: OnNetwork, Needs: []Capability{Linked, Probes}, Asked: true, About: "terminal", Break: faulty("no-tls"), Meet: probing},
		{Code: "router_of_shop", What: "the router of a shop with two terminals is off, and another shop's is not", Layer: OnNetwork, Bare: true, Break: routerOff, Meet: aboutTerminal},
		{Code: "clock_skew", What: "the clock of the terminal is two hours ahead", Layer: OnNetwork, Needs: []Capability{Tells, Waits}, About: "terminal", Break: faulty("clock-ahead"), Meet: aboutTerminal},
		{Code: "battery_low_radio_off", What: "the battery runs down, and the radio goes off", Layer: OnNetwork, Needs: []Capability{Linked}, Takes: gone(), About: "terminal", Break: ranDown, Meet: aboutTerminal},
		{Code: "clone_suspected", What: "two devices hold the key of one terminal", Layer: OnTerminal, Needs: []Capability{Linked}, Takes: unsteady(), About: "terminal", Break: faulty("twin"), Meet: aboutTerminal},
	}
}

func lostLink(ctx context.Context, s *Shop) error {
	if err := s.restarted(ctx); err != nil { // so that it tells of its network
		return err
	}
	return s.cut(ctx)
}

// cut takes the link from the shop's terminal.
func (s *Shop) cut(ctx context.Context) error {
	if err := s.Fault(ctx, "cut-link"); err != nil {
		return err
	}
	return s.Reach(ctx, "offline")
}

// probing is met by pressing the button that lets the terminal check itself.
func probing(_ context.Context, s *Shop) (Subject, error) {
	return Subject{Type: "terminal", ID: s.TID, Probe: true}, nil
}

// cutAgainAndAgain waits until the firewall has cut five links.
func cutAgainAndAgain(ctx context.Context, s *Shop) error {
	if err := s.Fault(ctx, "idle-cut"); err != nil {
		return err
	}
	cuts, up := 0, true
	return s.Await(ctx, "five links have been cut", func() (bool, error) {
		var d state
		err := s.Sim(ctx, "GET", "terminals/"+s.POIID+"/state", nil, &d)
		if up && !d.Online {
			cuts++
		}
		up = d.Online
		return cuts > 4, err
	})
}

// routerOff takes the link from both terminals of a shop; a third one elsewhere stays.
func routerOff(ctx context.Context, s *Shop) error {
	name := "kade-" + s.Name()
	if err := s.Native(ctx, "POST", "shops", object{"account": s.Account, "description": "Kade", "reference": name}, nil); err != nil {
		return err
	}
	for n := range 3 {
		if err := s.AddTerminal(ctx, "P2"); err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		if err := s.Native(ctx, "PATCH", "terminals/"+s.TID, object{"shop": name}, nil); err != nil {
			return err
		}
		if err := s.Fault(ctx, "cut-link"); err != nil {
			return err
		}
		if err := s.Reach(ctx, "offline"); err != nil {
			return err
		}
	}
	return nil
}

// ranDown lets the cloud hear of the battery before the link is gone.
func ranDown(ctx context.Context, s *Shop) error {
	if err := s.Fault(ctx, "battery-low"); err != nil {
		return err
	}
	if err := s.restart(ctx); err != nil {
		return err
	}
	return s.cut(ctx)
}
