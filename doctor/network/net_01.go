package network

import (
	"slices"

	"kassa/doctor"
	"kassa/doctor/past"
)

// wifiLost is NET-01: a terminal on Wi-Fi lost its link, and nothing nearer explains it.
func wifiLost() doctor.Rule {
	return doctor.Rule{
		ID: "NET-01", Code: "wifi_lost", Source: doctor.FromNetwork, About: []doctor.Kind{doctor.Terminal, doctor.Order}, Needs: []doctor.Need{doctor.NeedReach, doctor.NeedTelemetry}, Rank: doctor.RankNetwork + 6, Who: doctor.Shop, Contact: doctor.GeneralSupport, Action: doctor.Action{Label: "Test the connection", Href: "/terminals/{terminal}"},
		Symptoms: []string{"no Wi-Fi", "disconnected", "failed to send message to POI", "red network icon"},
		Explains: []string{"never_delivered", "terminal_offline", "send_failed"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal lost its Wi-Fi",
				NL: "De terminal is zijn wifi kwijt",
				FR: "Le terminal a perdu son Wi-Fi",
				IT: "Il terminale ha perso il Wi-Fi",
				ES: "El terminal perdió el wifi",
			},
			Shop: doctor.Text{
				EN: "{name} lost the Wi-Fi {network}: put it on its base, bring it closer to the router, and restart the router if others have no internet either.",
				NL: "{name} is de wifi {network} kwijt: zet hem op zijn basis, breng hem dichter bij de router en herstart de router als anderen ook geen internet hebben.",
				FR: "{name} a perdu le Wi-Fi {network} : posez-le sur sa base, rapprochez-le du routeur et redémarrez celui-ci si les autres n'ont plus Internet non plus.",
				IT: "{name} ha perso il Wi-Fi {network}: mettilo sulla base, avvicinalo al router e riavvia il router se neanche gli altri hanno internet.",
				ES: "{name} perdió el wifi {network}: póngalo en su base, acérquelo al router y reinicie el router si los demás tampoco tienen internet.",
			},
			Fix: doctor.Text{
				EN: "Check that the network is there and its password has not changed; a cable on the base is the surest connection.",
				NL: "Controleer of het netwerk er is en het wachtwoord niet is veranderd; een kabel aan de basis is de zekerste verbinding.",
				FR: "Vérifiez que le réseau est là et que son mot de passe n'a pas changé ; un câble sur la base est la liaison la plus sûre.",
				IT: "Controlla che la rete ci sia e che la password non sia cambiata; un cavo alla base è il collegamento più sicuro.",
				ES: "Compruebe que la red está y que su contraseña no ha cambiado; un cable en la base es la conexión más segura.",
			},
		},
		Developer: "The terminal's link broke without a goodbye; an order that waits is shown when it is back, within its lifetime.",
		Runbook:   "One loss without a pattern. Its last signal, and whether others of the shop went too, tell access point from line. A terminal that had power all the while says so when it is back.",
		Look: func(c *doctor.Chart) doctor.Sign {
			if !past.NeedsLink(c) {
				return past.LinkWasThere()
			}
			g, ok := past.Without(c)
			switch {
			case !ok:
				return doctor.No("it had a link")
			case !g.Broke():
				return doctor.No("its link was ended: " + g.Reason)
			case past.Order(c) == nil && !g.Until.IsZero():
				return doctor.No("it is back")
			}
			t, ok := before(c, g)
			switch {
			case !ok:
				return doctor.NotKnown(doctor.NeedTelemetry, "it had not told which network it was on")
			case t.Network != "wifi":
				return doctor.No("it was on " + t.Network)
			}
			args := past.Args(c)
			args["network"] = t.SSID
			evidence := []doctor.Evidence{g.Evidence(), past.Reported(t, "it was on the Wi-Fi "+t.SSID+past.Signal(t))}
			if f, tried := past.Failed(c); tried && noNetwork(f) {
				return doctor.Found(args, append(evidence, f.Evidence)...)
			}
			return doctor.Likely(args, evidence...)
		},
	}
}

// before gives what the device told last before it lost its link.
func before(c *doctor.Chart, g past.Gap) (doctor.Telemetry, bool) {
	for _, t := range slices.Backward(past.All(c)) {
		if !t.At.After(g.From) {
			return t, true
		}
	}
	return doctor.Telemetry{}, false
}
