package adyen

import (
	"kassa/doctor"
	"kassa/doctor/past"
)

// disconnected is C6: the terminal is disconnected, and what it is connected with is no Wi-Fi.
func disconnected() doctor.Rule {
	return doctor.Rule{
		ID: "C6", Code: "terminal_offline", Source: doctor.FromAdyen, About: []doctor.Kind{doctor.Terminal}, Needs: []doctor.Need{doctor.NeedReach}, Rank: doctor.RankNetwork + 8, Who: doctor.Shop, Contact: doctor.GeneralSupport, Action: doctor.Action{Label: "Test the connection", Href: "/terminals/{terminal}"},
		Symptoms: []string{"Terminal is disconnected", "cross", "disconnected", "OFFLINE"},
		Explains: []string{"never_delivered", "send_failed"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal is disconnected",
				NL: "De terminal is niet verbonden",
				FR: "Le terminal est déconnecté",
				IT: "Il terminale è scollegato",
				ES: "El terminal está desconectado",
			},
			Shop: doctor.Text{
				EN: "{name} lost its connection: check that it has power and that its network cable or SIM works, then restart it.",
				NL: "{name} is de verbinding kwijt: controleer of hij stroom heeft en of de netwerkkabel of simkaart werkt, en herstart hem.",
				FR: "{name} a perdu sa connexion : vérifiez son alimentation et son câble réseau ou sa carte SIM, puis redémarrez-le.",
				IT: "{name} ha perso il collegamento: controlla che abbia corrente e che il cavo di rete o la SIM funzioni, poi riavvialo.",
				ES: "{name} perdió la conexión: compruebe que tiene corriente y que su cable de red o su SIM funcionan, y reinícielo.",
			},
			Fix: doctor.Text{
				EN: "Try another cable and another port of the router. Its own Diagnostics page names the step that fails.",
				NL: "Probeer een andere kabel en een andere poort van de router. Zijn eigen diagnosepagina noemt de stap die mislukt.",
				FR: "Essayez un autre câble et un autre port du routeur. Sa propre page Diagnostic indique l'étape qui échoue.",
				IT: "Prova un altro cavo e un'altra porta del router. La sua pagina Diagnostica indica il passo che fallisce.",
				ES: "Pruebe otro cable y otro puerto del router. Su propia página de diagnóstico indica el paso que falla.",
			},
		},
		Developer: "The terminal has no link. Orders wait; Terminal API requests are rejected at once.",
		Runbook:   "Was it off at that moment (C12)? Are cloud connections enabled (C2)? It tells what failed as soon as it is back.",
		Look: func(c *doctor.Chart) doctor.Sign {
			g, ok := past.Without(c)
			switch {
			case c.Reach.State != "offline":
				return doctor.No("its state is " + c.Reach.State)
			case !ok || !g.Until.IsZero() || !g.Broke():
				return doctor.No("it did not lose a link that it had: " + c.Reach.Reason)
			}
			switch t, told := past.Last(c); {
			case !told || t.Network == "":
				return doctor.NotKnown(doctor.NeedTelemetry, "it has not told what it was connected with")
			case t.Network == "wifi":
				return doctor.No("it was on Wi-Fi")
			default:
				return doctor.Likely(past.Args(c), g.Evidence(), past.Reported(t, "its network was "+t.Network))
			}
		},
	}
}
