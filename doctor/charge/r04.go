package charge

import (
	"fmt"
	"slices"
	"strconv"

	"kassa/charging"
	"kassa/doctor"
)

// holdsTooLow is R4: sessions at the charger cost more than is held, and often.
func holdsTooLow() doctor.Rule {
	return doctor.Rule{
		ID: "R4", Code: "holds_too_low", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Charger}, Needs: []doctor.Need{doctor.NeedCharge}, Rank: doctor.RankNotice, Who: doctor.Merchant,
		Symptoms: []string{"money short often"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "Too little is held at this charger",
				NL: "Bij deze lader wordt te weinig gereserveerd",
				FR: "La somme réservée à cette borne est trop faible",
				IT: "A questa colonnina si blocca troppo poco",
				ES: "En este cargador se retiene demasiado poco",
			},
			Shop: doctor.Text{
				EN: "{short} of the last {count} sessions cost more than was held; drivers notice nothing, but the difference stays open.",
				NL: "{short} van de laatste {count} sessies kostten meer dan er gereserveerd was; bestuurders merken niets, maar het verschil blijft open.",
				FR: "{short} des {count} dernières sessions ont coûté plus que la réserve ; les conducteurs ne remarquent rien, mais la différence reste due.",
				IT: "{short} delle ultime {count} sessioni sono costate più del blocco; i conducenti non notano nulla, ma la differenza resta aperta.",
				ES: "{short} de las últimas {count} sesiones costaron más de lo retenido; los conductores no notan nada, pero la diferencia queda abierta.",
			},
			Fix: doctor.Text{
				EN: "Hold {hold}: 95 of 100 sessions here cost no more, or it is the most that a tap may hold in this country.",
				NL: "Reserveer {hold}: 95 van de 100 sessies kosten hier niet meer, of het is het hoogste dat in dit land contactloos mag.",
				FR: "Réservez {hold} : 95 sessions sur 100 ne coûtent pas plus ici, ou c'est le maximum sans contact de ce pays.",
				IT: "Blocca {hold}: 95 sessioni su 100 qui non costano di più, o è il massimo contactless in questo paese.",
				ES: "Retenga {hold}: 95 de cada 100 sesiones no cuestan más aquí, o es lo máximo sin contacto en este país.",
			},
		},
		Runbook: "The share is of the last 48 sessions with a price; the proposal is their 95th percentile, capped by the country's ceiling for the terminal. Where it is the ceiling, over-commit, increments or a PIN pad help further.",
		Look: func(c *doctor.Chart) doctor.Sign {
			priced, short, prices := []charging.Session{}, []doctor.Evidence{}, []int64{}
			for _, s := range c.Charge.Past {
				if s.Price == 0 || s.Order.Amount == 0 || !s.State.Final() {
					continue
				}
				priced, prices = append(priced, s), append(prices, s.Price)
				if s.Price > s.Order.Amount {
					short = append(short, ofSession(s, "it cost "+sum(s, s.Price)+", and "+sum(s, s.Order.Amount)+" was held"))
				}
			}
			if len(short)*50 < len(priced) || len(short) == 0 { // 2 %
				return doctor.No(fmt.Sprintf("%d of %d sessions cost more than was held", len(short), len(priced)))
			}
			hold := proposed(prices, ceilingOf(c.Charge))
			args := map[string]string{"short": strconv.Itoa(len(short)), "count": strconv.Itoa(len(priced)), "hold": sum(priced[0], hold)}
			evidence := short[:min(len(short), 5)]
			if len(priced) < enough {
				return doctor.Likely(args, evidence...)
			}
			return doctor.Found(args, evidence...)
		},
	}
}

// enough is how many sessions tell how often something happens.
const enough = 20

// proposed is the price that 95 of 100 sessions do not exceed (nearest rank), and not more than a ceiling; 0 is none.
func proposed(prices []int64, ceiling int64) int64 {
	slices.Sort(prices)
	hold := prices[(95*len(prices)+99)/100-1]
	if ceiling > 0 {
		hold = min(hold, ceiling)
	}
	return hold
}

// ceilingOf is the most that the terminal may hold in its country; 0 where none is known.
func ceilingOf(c *doctor.Charge) int64 {
	if c.PIN {
		return c.Ceiling.PIN
	}
	return c.Ceiling.NoCVM
}
