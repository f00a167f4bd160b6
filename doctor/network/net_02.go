package network

import (
	"fmt"
	"strconv"

	"kassa/doctor"
	"kassa/doctor/past"
)

// weakSignal is NET-02: the terminal stands where its network hardly reaches.
func weakSignal() doctor.Rule {
	return doctor.Rule{
		ID: "NET-02", Code: "weak_signal", Source: doctor.FromNetwork, About: []doctor.Kind{doctor.Terminal, doctor.Order}, Needs: []doctor.Need{doctor.NeedTelemetry}, Rank: doctor.RankNetwork + 2, Who: doctor.Shop, Action: doctor.Action{Label: "See its signal", Href: "/terminals/{terminal}"},
		Symptoms: []string{"weak signal", "slow", "disconnected", "connection unstable"},
		Explains: []string{"wifi_lost", "never_delivered", "terminal_offline", "send_failed", "terminal_silent"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The network is too weak where the terminal is",
				NL: "Het netwerk is te zwak op de plek van de terminal",
				FR: "Le réseau est trop faible là où se trouve le terminal",
				IT: "La rete è troppo debole dove si trova il terminale",
				ES: "La red es demasiado débil donde está el terminal",
			},
			Shop: doctor.Text{
				EN: "{name} has only {signal} % of signal: move it closer to the router, or use its base with a cable.",
				NL: "{name} heeft maar {signal} % signaal: zet hem dichter bij de router of gebruik zijn basis met een kabel.",
				FR: "{name} n'a que {signal} % de signal : rapprochez-le du routeur ou utilisez sa base avec un câble.",
				IT: "{name} ha solo il {signal} % di segnale: avvicinalo al router o usa la base con un cavo.",
				ES: "{name} solo tiene un {signal} % de señal: acérquelo al router o use su base con un cable.",
			},
			Fix: doctor.Text{
				EN: "Put an access point nearer, away from metal and microwave ovens, or choose the 2.4 GHz network, which reaches further.",
				NL: "Zet een toegangspunt dichterbij, weg van metaal en magnetrons, of kies het 2,4GHz-netwerk, dat verder reikt.",
				FR: "Rapprochez une borne, loin du métal et des micro-ondes, ou choisissez le réseau 2,4 GHz, qui porte plus loin.",
				IT: "Avvicina un punto di accesso, lontano da metallo e microonde, o scegli la rete a 2,4 GHz, che arriva più lontano.",
				ES: "Acerque un punto de acceso, lejos de metal y microondas, o elija la red de 2,4 GHz, que llega más lejos.",
			},
		},
		Developer: "The terminal's signal was {signal} % around this order: answers may be late, and links break.",
		Runbook:   "Below a quarter links break under load. Compare the history of its signal: a door that is shut, stock that was moved, a lost antenna.",
		Look: func(c *doctor.Chart) doctor.Sign {
			if !past.NeedsLink(c) {
				return past.LinkWasThere()
			}
			t, ok := past.Last(c)
			switch {
			case !ok:
				return doctor.NotKnown(doctor.NeedTelemetry, "it had not told its signal by then")
			case t.Network == "ethernet" || t.Signal == 0:
				return doctor.No("it is on a cable, or tells no signal")
			case t.Signal > weak:
				return doctor.No(fmt.Sprintf("its signal was %d %%", t.Signal))
			}
			args := past.Args(c)
			args["signal"] = strconv.Itoa(t.Signal)
			told := past.Reported(t, fmt.Sprintf("its signal was %d %%", t.Signal))
			if g, lost := past.Without(c); lost && g.Broke() {
				return doctor.Found(args, told, g.Evidence())
			}
			return doctor.Likely(args, told)
		},
	}
}

// weak is the signal, in per cent, up to which links break.
const weak = 25
