package charge

import (
	"slices"

	"kassa/charging"
	"kassa/doctor"
	"kassa/ocpi"
)

// startRefused is R25: the operator refuses to start the charger from afar, or nobody has certified it.
func startRefused() doctor.Rule {
	return doctor.Rule{
		ID: "R25", Code: "start_refused", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Charger, doctor.Order}, Needs: []doctor.Need{doctor.NeedCharge}, Rank: doctor.RankTerminal + 1, Who: doctor.Merchant,
		Symptoms: []string{"charger does not start", "REJECTED", "NOT_SUPPORTED"},
		Explains: []string{"callback_lost", "hold_not_closed"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The charger cannot be started remotely",
				NL: "De lader kan niet op afstand worden gestart",
				FR: "La borne ne peut pas être démarrée à distance",
				IT: "La colonnina non può essere avviata a distanza",
				ES: "El cargador no puede iniciarse a distancia",
			},
			Shop: doctor.Text{
				EN: "The card was fine and the charger refused to start, so the money that was held goes back; use another charger.",
				NL: "De kaart was in orde en de lader weigerde te starten, dus de reservering vervalt; gebruik een andere lader.",
				FR: "La carte était bonne et la borne a refusé de démarrer : la réserve est annulée ; utilisez une autre borne.",
				IT: "La carta andava bene e la colonnina ha rifiutato l'avvio: il blocco viene annullato; usa un'altra colonnina.",
				ES: "La tarjeta estaba bien y el cargador se negó a arrancar: la retención se anula; use otro cargador.",
			},
			Fix: doctor.Text{
				EN: "Have the charger certified for OCPP with its platform, and allow RemoteStart (and FreeVend off) in its configuration.",
				NL: "Laat de lader bij zijn platform voor OCPP certificeren en sta RemoteStart toe (en FreeVend uit) in zijn configuratie.",
				FR: "Faites certifier la borne OCPP auprès de sa plateforme et autorisez RemoteStart (et FreeVend désactivé) dans sa configuration.",
				IT: "Fai certificare la colonnina OCPP presso la sua piattaforma e consenti RemoteStart (con FreeVend spento) nella configurazione.",
				ES: "Haga certificar el cargador para OCPP en su plataforma y permita RemoteStart (y FreeVend apagado) en su configuración.",
			},
		},
		Developer: "START_SESSION was refused: {answer}. The hold is released at once.",
		Runbook:   "REJECTED or NOT_SUPPORTED at once is the platform or the charger's configuration; a failure after ACCEPTED is the charger itself (R26).",
		Look: func(c *doctor.Chart) doctor.Sign {
			list := c.Charge.Past
			if c.Subject.Kind == doctor.Order {
				s, no := session(c)
				if s == nil {
					return no
				}
				list = []charging.Session{*s}
			}
			for _, s := range list { // the newest that was started tells how it is now
				if s.Start.Outcome == "" || s.Start.Outcome == charging.Unknown {
					continue
				}
				if !refusedAtOnce(s) {
					break
				}
				says := "START_SESSION was refused: " + s.Start.Result
				return doctor.Found(map[string]string{"answer": s.Start.Result}, doctor.Evidence{At: s.Start.AskedAt, Source: "operator", Ref: "charging/" + s.Ref, Says: says})
			}
			if at := c.Charge.Station; at != nil && !at.Certified {
				return doctor.Likely(map[string]string{"answer": "not certified"}, doctor.Evidence{Source: "operator", Ref: "station/" + at.ID, Says: "nobody has noted that the charger is certified for OCPP"})
			}
			return doctor.No("the last start was not refused")
		},
	}
}

// refusedAtOnce tells whether the operator said no to a start, and not the charger later.
func refusedAtOnce(s charging.Session) bool {
	return s.Start.Outcome == charging.Refusal && !brokeDown(s) && s.Start.Result != ocpi.ResultEVSEOccupied
}

// brokeDown tells whether a charger failed to do what its operator had accepted.
func brokeDown(s charging.Session) bool {
	return slices.Contains([]string{ocpi.ResultFailed, ocpi.ResultTimeout, ocpi.ResultInoperative}, s.Start.Result)
}
