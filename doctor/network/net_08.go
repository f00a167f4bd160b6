package network

import (
	"fmt"
	"strconv"
	"time"

	"kassa/doctor"
	"kassa/doctor/past"
)

// clockSkew is NET-08: the terminal's clock is wrong, which breaks certificates and dates.
func clockSkew() doctor.Rule {
	return doctor.Rule{
		ID: "NET-08", Code: "clock_skew", Source: doctor.FromNetwork, About: []doctor.Kind{doctor.Terminal}, Needs: []doctor.Need{doctor.NeedTelemetry}, Rank: doctor.RankNetwork + 4, Who: doctor.Shop, Contact: doctor.GeneralSupport,
		Symptoms: []string{"wrong time", "clock", "certificate"},
		Explains: []string{"tls_inspected"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal's clock is wrong",
				NL: "De klok van de terminal loopt verkeerd",
				FR: "L'horloge du terminal est déréglée",
				IT: "L'orologio del terminale è sbagliato",
				ES: "El reloj del terminal está mal",
			},
			Shop: doctor.Text{
				EN: "The clock of {name} is {minutes} minutes off: switch automatic date and time on in its settings, then restart it.",
				NL: "De klok van {name} loopt {minutes} minuten verkeerd: zet automatische datum en tijd aan in zijn instellingen en herstart hem.",
				FR: "L'horloge de {name} est décalée de {minutes} minutes : activez la date et l'heure automatiques dans ses réglages, puis redémarrez-le.",
				IT: "L'orologio di {name} è sfasato di {minutes} minuti: attiva data e ora automatiche nelle impostazioni e riavvialo.",
				ES: "El reloj de {name} se desvía {minutes} minutos: active la fecha y hora automáticas en sus ajustes y reinícielo.",
			},
			Fix: doctor.Text{
				EN: "Let it reach a time server (NTP, UDP port 123), or use the network's own.",
				NL: "Laat hem een tijdserver bereiken (NTP, UDP-poort 123), of gebruik die van het netwerk.",
				FR: "Laissez-le joindre un serveur de temps (NTP, port UDP 123), ou utilisez celui du réseau.",
				IT: "Lascialo raggiungere un server dell'ora (NTP, porta UDP 123), o usa quello della rete.",
				ES: "Deje que llegue a un servidor de hora (NTP, puerto UDP 123), o use el de la red.",
			},
		},
		Runbook: "It told its clock with its last report. A minute is harmless; hours break certificates, and receipts show the wrong day. One that is wrong after each restart has an empty backup battery: a return.",
		Look: func(c *doctor.Chart) doctor.Sign {
			t, ok := past.Last(c)
			if !ok {
				return doctor.NotKnown(doctor.NeedTelemetry, "it has not told its clock")
			}
			ahead := time.Duration(t.ClockSkewMS) * time.Millisecond
			if ahead.Abs() < skewed {
				return doctor.No(fmt.Sprintf("its clock is %s off", ahead.Abs().Round(time.Second)))
			}
			args := past.Args(c)
			args["minutes"] = strconv.Itoa(int(ahead.Abs().Round(time.Minute) / time.Minute))
			says := "its clock is " + ahead.Abs().Round(time.Second).String() + " ahead"
			if ahead < 0 {
				says = "its clock is " + ahead.Abs().Round(time.Second).String() + " behind"
			}
			return doctor.Found(args, past.Reported(t, says))
		},
	}
}

// skewed is how wrong a clock must be to matter.
const skewed = time.Minute
