package charge

import (
	"strconv"
	"time"

	"kassa/doctor"
	"kassa/ocpi"
)

// statusStale is R27: nobody has told for an hour how a charger is.
func statusStale() doctor.Rule {
	return doctor.Rule{
		ID: "R27", Code: "charger_status_stale", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Charger}, Needs: []doctor.Need{doctor.NeedCharge}, Rank: doctor.RankNetwork + 5, Who: doctor.Merchant,
		Symptoms: []string{"charger unknown", "status old", "OFFLINE"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The charger's status is not known",
				NL: "De status van de lader is niet bekend",
				FR: "L'état de la borne est inconnu",
				IT: "Lo stato della colonnina non è noto",
				ES: "El estado del cargador no se conoce",
			},
			Shop: doctor.Text{
				EN: "For {minutes} minutes nobody has told how {evse} is, so the terminal may refuse to sell it; use another charger.",
				NL: "Al {minutes} minuten heeft niemand gemeld hoe het met {evse} is, dus de terminal kan hem weigeren; gebruik een andere lader.",
				FR: "Depuis {minutes} minutes personne ne dit l'état de {evse} : le terminal peut refuser de la vendre ; utilisez une autre borne.",
				IT: "Da {minutes} minuti nessuno dice lo stato di {evse}: il terminale può rifiutarsi di venderla; usa un'altra colonnina.",
				ES: "Desde hace {minutes} minutos nadie dice cómo está {evse}: el terminal puede negarse a venderlo; use otro cargador.",
			},
			Fix: doctor.Text{
				EN: "Ask the charge point operator to push the status of its chargers, and see whether {evse} is connected to its platform.",
				NL: "Vraag de exploitant om de status van zijn laders te sturen en kijk of {evse} met zijn platform verbonden is.",
				FR: "Demandez à l'exploitant d'envoyer l'état de ses bornes et vérifiez que {evse} est connectée à sa plateforme.",
				IT: "Chiedi al gestore di inviare lo stato delle colonnine e controlla che {evse} sia connessa alla sua piattaforma.",
				ES: "Pida al operador que envíe el estado de sus cargadores y compruebe que {evse} está conectado a su plataforma.",
			},
		},
		Runbook: "UNKNOWN is OCPI's word for offline. Kassa asks for what changed every hour and for one EVSE when a driver chooses it; the operator should push.",
		Look: func(c *doctor.Chart) doctor.Sign {
			if len(c.Charge.Points) == 0 {
				return doctor.NotKnown(doctor.NeedCharge, "the terminal sells no charger that is known")
			}
			for _, p := range c.Charge.Points {
				since, says := p.Heard, "its operator was last heard of about it then"
				if p.EVSE.Status == ocpi.EVSEUnknown && p.EVSE.LastUpdated.Time.Before(since) {
					since, says = p.EVSE.LastUpdated.Time, "its operator says UNKNOWN since then"
				}
				if since.IsZero() || c.Now.Sub(since) <= staleAfter {
					continue
				}
				args := map[string]string{"evse": label(p), "minutes": strconv.Itoa(int(c.Now.Sub(since) / time.Minute))}
				return doctor.Found(args, doctor.Evidence{At: since, Source: "operator", Ref: "evse/" + p.EVSE.UID, Says: label(p) + ": " + says})
			}
			return doctor.No("each charger was heard of within the hour")
		},
	}
}

// staleAfter is how old the word on a charger may be.
const staleAfter = time.Hour
