package charge

import (
	"strings"

	"kassa/doctor"
)

// assignedElsewhere is R34: the terminal is assigned to what its operator does not have, or has no more.
func assignedElsewhere() doctor.Rule {
	return doctor.Rule{
		ID: "R34", Code: "assigned_elsewhere", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Charger}, Needs: []doctor.Need{doctor.NeedCharge}, Rank: doctor.RankNetwork + 1, Who: doctor.Merchant,
		Symptoms: []string{"terminal shows no chargers", "charger missing on the terminal"},
		Explains: []string{"no_tariff"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal is assigned to a location that is gone",
				NL: "De terminal is toegewezen aan een locatie die er niet is",
				FR: "Le terminal est affecté à un lieu qui n'existe pas",
				IT: "Il terminale è assegnato a un luogo che non esiste",
				ES: "El terminal está asignado a un lugar que no existe",
			},
			Shop: doctor.Text{
				EN: "The terminal cannot sell {missing}, because the charge point operator does not list it; drivers do not see that charger.",
				NL: "De terminal kan {missing} niet verkopen, omdat de exploitant het niet kent; bestuurders zien die lader niet.",
				FR: "Le terminal ne peut pas vendre {missing}, que l'exploitant ne connaît pas ; les conducteurs ne voient pas cette borne.",
				IT: "Il terminale non può vendere {missing}, perché il gestore non lo elenca; i conducenti non vedono quella colonnina.",
				ES: "El terminal no puede vender {missing}, porque el operador no lo tiene; los conductores no ven ese cargador.",
			},
			Fix: doctor.Text{
				EN: "Assign the terminal again at the charge point operator's platform, to locations and EVSEs that are there.",
				NL: "Wijs de terminal in het platform van de exploitant opnieuw toe, aan locaties en EVSE's die er zijn.",
				FR: "Affectez de nouveau le terminal sur la plateforme de l'exploitant, à des lieux et EVSE existants.",
				IT: "Assegna di nuovo il terminale sulla piattaforma del gestore, a luoghi ed EVSE esistenti.",
				ES: "Asigne de nuevo el terminal en la plataforma del operador, a lugares y EVSE que existan.",
			},
		},
		Developer: "PATCH payments/terminals/{id} with location_ids or evse_uids of your own connection.",
		Runbook:   "A location of another party of the platform is not kept here: the parties of the connection's roles count. REMOVED is the end of an EVSE.",
		Look: func(c *doctor.Chart) doctor.Sign {
			if len(c.Charge.Assigned.Missing) == 0 {
				return doctor.No("all that is assigned to the terminal is there")
			}
			args := map[string]string{"missing": strings.Join(c.Charge.Assigned.Missing, ", "), "id": c.Charge.TID}
			return doctor.Found(args, doctor.Evidence{Source: "operator", Ref: "terminal/" + c.Charge.TID, Says: "it is assigned to " + args["missing"] + ", which its operator does not list or has removed"})
		},
	}
}
