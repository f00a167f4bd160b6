package charge

import (
	"strconv"

	"kassa/charging"
	"kassa/doctor"
)

// startsFail is R26: starts that the operator accepts fail at one charger again and again.
func startsFail() doctor.Rule {
	return doctor.Rule{
		ID: "R26", Code: "starts_fail", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Charger}, Needs: []doctor.Need{doctor.NeedCharge}, Rank: doctor.RankTerminal, Who: doctor.Merchant,
		Symptoms: []string{"charger does not start", "FAILED", "TIMEOUT"},
		Explains: []string{"callback_lost"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The charger fails when it is started",
				NL: "De lader faalt bij het starten",
				FR: "La borne échoue au démarrage",
				IT: "La colonnina fallisce all'avvio",
				ES: "El cargador falla al arrancar",
			},
			Shop: doctor.Text{
				EN: "{failed} of the last {count} starts at {evse} failed: use another charger, and look whether its cable is locked or damaged.",
				NL: "{failed} van de laatste {count} starts bij {evse} mislukten: gebruik een andere lader en kijk of de kabel vastzit of beschadigd is.",
				FR: "{failed} des {count} derniers démarrages à {evse} ont échoué : utilisez une autre borne et vérifiez si son câble est bloqué ou abîmé.",
				IT: "{failed} degli ultimi {count} avvii su {evse} sono falliti: usa un'altra colonnina e controlla se il cavo è bloccato o danneggiato.",
				ES: "Fallaron {failed} de los últimos {count} arranques en {evse}: use otro cargador y mire si el cable está bloqueado o dañado.",
			},
			Fix: doctor.Text{
				EN: "Have {evse} looked at: fault codes, cable lock, firmware. Take it out of service until then.",
				NL: "Laat {evse} nakijken: foutcodes, kabelvergrendeling, firmware. Neem hem tot dan buiten dienst.",
				FR: "Faites contrôler {evse} : codes d'erreur, verrou du câble, micrologiciel. Mettez-la hors service d'ici là.",
				IT: "Fai controllare {evse}: codici di errore, blocco del cavo, firmware. Mettila fuori servizio fino ad allora.",
				ES: "Haga revisar {evse}: códigos de error, bloqueo del cable, firmware. Póngalo fuera de servicio hasta entonces.",
			},
		},
		Developer: "The command result was {result}; each hold was released.",
		Runbook:   "Half or more of at least three accepted starts of one EVSE ended with FAILED, TIMEOUT or EVSE_INOPERATIVE. The others at the same terminal tell whether it is the charger or the site.",
		Look: func(c *doctor.Chart) doctor.Sign {
			type count struct {
				all    int
				failed []charging.Session
			}
			counts, order := map[string]*count{}, []string{}
			for _, s := range c.Charge.Past {
				if s.Start.Result == "" || refusedAtOnce(s) {
					continue
				}
				n := counts[s.EVSE]
				if n == nil {
					n = &count{}
					counts[s.EVSE], order = n, append(order, s.EVSE)
				}
				n.all++
				if brokeDown(s) {
					n.failed = append(n.failed, s)
				}
			}
			for _, evse := range order {
				n := counts[evse]
				if n.all < fewStarts || 2*len(n.failed) < n.all {
					continue
				}
				args := map[string]string{"failed": strconv.Itoa(len(n.failed)), "count": strconv.Itoa(n.all), "evse": evse, "result": n.failed[0].Start.Result}
				var evidence []doctor.Evidence
				for _, s := range n.failed[:min(len(n.failed), 5)] {
					evidence = append(evidence, doctor.Evidence{At: s.Start.AskedAt, Source: "operator", Ref: "charging/" + s.Ref, Says: "the start at " + evse + " was accepted, and then " + s.Start.Result})
				}
				return doctor.Found(args, evidence...)
			}
			return doctor.No("no charger fails at half of its starts")
		},
	}
}

// fewStarts is how many starts say nothing yet.
const fewStarts = 3
