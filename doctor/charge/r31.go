package charge

import (
	"slices"
	"strconv"

	"kassa/doctor"
)

// pointUnlabelled is R31: a terminal sells several chargers, and one of them has nothing by which a driver knows it.
func pointUnlabelled() doctor.Rule {
	return doctor.Rule{
		ID: "R31", Code: "point_unlabelled", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Charger}, Needs: []doctor.Need{doctor.NeedCharge}, Rank: doctor.RankNetwork + 6, Who: doctor.Merchant,
		Symptoms: []string{"drivers choose the wrong charger"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "A driver cannot tell the chargers apart",
				NL: "Een bestuurder kan de laders niet uit elkaar houden",
				FR: "Un conducteur ne peut pas distinguer les bornes",
				IT: "Il conducente non distingue le colonnine",
				ES: "El conductor no distingue los cargadores",
			},
			Shop: doctor.Text{
				EN: "The terminal sells {count} chargers and {evse} has no name on it: tell drivers which one it is, or stick a label on it.",
				NL: "De terminal verkoopt {count} laders en {evse} heeft geen opschrift: zeg bestuurders welke het is, of plak er een label op.",
				FR: "Le terminal vend {count} bornes et {evse} n'a pas de nom : dites aux conducteurs laquelle c'est, ou collez-y une étiquette.",
				IT: "Il terminale vende {count} colonnine e {evse} non ha un nome: indica ai conducenti quale sia, o mettici un'etichetta.",
				ES: "El terminal vende {count} cargadores y {evse} no lleva nombre: diga a los conductores cuál es, o póngale una etiqueta.",
			},
			Fix: doctor.Text{
				EN: "Set the physical_reference of each EVSE to what is printed on it.",
				NL: "Zet de physical_reference van elke EVSE op wat erop staat.",
				FR: "Donnez comme physical_reference de chaque EVSE ce qui y est imprimé.",
				IT: "Imposta la physical_reference di ogni EVSE su ciò che vi è stampato.",
				ES: "Ponga como physical_reference de cada EVSE lo que lleva impreso.",
			},
		},
		Runbook: "Without it the terminal shows the EVSE's id, which no driver finds on the charger: he pays for somebody else's plug.",
		Look: func(c *doctor.Chart) doctor.Sign {
			evses, bare := []string{}, doctor.Point{}
			for _, p := range c.Charge.Points {
				if slices.Contains(evses, p.EVSE.UID) {
					continue
				}
				evses = append(evses, p.EVSE.UID)
				if p.EVSE.PhysicalReference == "" && bare.EVSE.UID == "" {
					bare = p
				}
			}
			switch {
			case len(evses) < 2:
				return doctor.No("the terminal sells one charger at most")
			case bare.EVSE.UID == "":
				return doctor.No("each charger has a physical reference")
			}
			args := map[string]string{"count": strconv.Itoa(len(evses)), "evse": label(bare)}
			return doctor.Found(args, doctor.Evidence{At: bare.Heard, Source: "operator", Ref: "evse/" + bare.EVSE.UID, Says: label(bare) + " has no physical_reference"})
		},
	}
}
