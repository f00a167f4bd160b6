package charge

import (
	"kassa/charging"
	"kassa/doctor"
)

// callbackLost is R24: the word that the operator owes on a command never came.
func callbackLost() doctor.Rule {
	return doctor.Rule{
		ID: "R24", Code: "callback_lost", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Order, doctor.Charger}, Needs: []doctor.Need{doctor.NeedCharge}, Rank: doctor.RankHook, Who: doctor.Operator, Contact: doctor.GeneralSupport,
		Symptoms: []string{"no callback", "command result missing"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The operator's callback does not arrive",
				NL: "De terugmelding van de exploitant komt niet aan",
				FR: "Le rappel de l'exploitant n'arrive pas",
				IT: "La conferma del gestore non arriva",
				ES: "La confirmación del operador no llega",
			},
			Shop: doctor.Text{
				EN: "The charger was started and its operator never reported how that went; charging works, it only takes longer until the terminal knows.",
				NL: "De lader is gestart en de exploitant meldde nooit hoe dat ging; laden werkt, het duurt alleen langer voordat de terminal het weet.",
				FR: "La borne a été démarrée et son exploitant n'a jamais dit comment cela s'est passé ; la charge fonctionne, le terminal l'apprend seulement plus tard.",
				IT: "La colonnina è stata avviata e il gestore non ha mai detto com'è andata; la ricarica funziona, il terminale lo sa solo più tardi.",
				ES: "El cargador se puso en marcha y su operador nunca dijo cómo fue; la carga funciona, solo que el terminal lo sabe más tarde.",
			},
			Fix: doctor.Text{
				EN: "See that the operator can reach the public address of this installation: name, TLS certificate, firewall, and its token on the callback path.",
				NL: "Kijk of de exploitant het openbare adres van deze installatie kan bereiken: naam, TLS-certificaat, firewall, en zijn token op het terugmeldpad.",
				FR: "Vérifiez que l'exploitant atteint l'adresse publique de cette installation : nom, certificat TLS, pare-feu, et son jeton sur le chemin de rappel.",
				IT: "Verifica che il gestore raggiunga l'indirizzo pubblico di questa installazione: nome, certificato TLS, firewall, e il suo token sul percorso di conferma.",
				ES: "Compruebe que el operador alcanza la dirección pública de esta instalación: nombre, certificado TLS, cortafuegos y su token en la ruta de confirmación.",
			},
		},
		Developer: "START_SESSION was answered ACCEPTED, and nothing was posted to its response_url.",
		Runbook:   "Each command has a response_url of its own, good for one word within its timeout and ten minutes. What arrives late, twice or with another token is answered 404 or 401: see the operator's log.",
		Look: func(c *doctor.Chart) doctor.Sign {
			list := c.Charge.Past
			if c.Subject.Kind == doctor.Order {
				s, no := session(c)
				if s == nil {
					return no
				}
				list = []charging.Session{*s}
			}
			for _, s := range list { // the newest one tells how it is now
				switch {
				case s.Start.Outcome != charging.Accepted && s.Start.Result == "":
					continue
				case s.Start.Result != "":
					return doctor.No("the result of the last start came: " + s.Start.Result)
				case c.Now.Sub(s.Start.AskedAt) <= charging.MaxTimeout && !s.State.Final():
					return doctor.No("the result of the last start may still come")
				}
				says := "the operator accepted START_SESSION, and its result never came"
				if s.Report.SessionID != "" {
					says += "; the session " + s.Report.SessionID + " is there all the same"
				}
				evidence := []doctor.Evidence{{At: s.Start.AskedAt, Source: "operator", Ref: "charging/" + s.Ref, Says: says}}
				return doctor.Found(nil, append(evidence, failedHooks(c)...)...)
			}
			return doctor.No("no start that the operator accepted lacks its result")
		},
	}
}

// failedHooks are the last tries of webhooks that nobody answered: they share the way from and to the public address.
func failedHooks(c *doctor.Chart) (list []doctor.Evidence) {
	for _, h := range c.Hooks {
		if n := len(h.Tries); n > 0 && h.Tries[n-1].Failure != "" {
			last := h.Tries[n-1]
			list = append(list, doctor.Evidence{At: last.At, Source: "webhook", Seq: last.Seq, Ref: "webhook/" + last.Delivery, Says: "the last webhook to " + h.URL + " failed: " + last.Failure})
		}
	}
	return list
}
