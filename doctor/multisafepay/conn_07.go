package multisafepay

import (
	"fmt"
	"strconv"
	"time"

	"kassa/doctor"
	"kassa/doctor/past"
)

// What of a battery is worth a word: the charge, in per cent, and how long a charger must have been without effect.
const (
	nearlyEmpty   = 15
	chargedInVain = 30 * time.Minute
)

// batteryNotCharging is CONN-07: the battery runs down off the charger, or on one that does nothing.
func batteryNotCharging() doctor.Rule {
	return doctor.Rule{
		ID: "CONN-07", Code: "battery_not_charging", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal, doctor.Order},
		Needs: []doctor.Need{doctor.NeedTelemetry}, Rank: doctor.RankTerminal + 4, Who: doctor.Shop, Contact: doctor.GeneralSupport,
		Symptoms: []string{"not charging", "battery low", "battery empty", "switches off"},
		Explains: []string{"terminal_powered_off"},
		Action:   doctor.Action{Label: "See the terminal", Href: "/terminals/{terminal}"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The battery is not charging", NL: "De batterij laadt niet op", FR: "La batterie ne se charge pas",
				IT: "La batteria non si carica", ES: "La batería no se carga",
			},
			Shop: doctor.Text{
				EN: "The battery of {name} is at {battery} %: push the USB-C plug in firmly, or put it on its base, and charge it for at least 30 minutes.",
				NL: "De batterij van {name} staat op {battery} %: duw de USB-C-stekker goed vast of zet hem op zijn standaard, en laad minstens 30 minuten op.",
				FR: "La batterie de {name} est à {battery} % : enfoncez bien la prise USB-C ou posez-le sur son socle, et chargez-le au moins 30 minutes.",
				IT: "La batteria di {name} è al {battery} %: inserisci bene la spina USB-C o posalo sulla base, e caricalo per almeno 30 minuti.",
				ES: "La batería de {name} está al {battery} %: encaje bien el conector USB-C o póngalo en su base, y cárguelo al menos 30 minutos.",
			},
			Fix: doctor.Text{
				EN: "Use the charger that came with it; when the charge does not rise in 30 minutes, try another cable and another socket, then ask support.",
				NL: "Gebruik de meegeleverde lader; als de lading in 30 minuten niet stijgt, probeer dan een andere kabel en een ander stopcontact en vraag daarna support.",
				FR: "Utilisez le chargeur d'origine ; si la charge ne monte pas en 30 minutes, essayez un autre câble et une autre prise, puis contactez l'assistance.",
				IT: "Usa il caricatore in dotazione; se la carica non sale in 30 minuti prova un altro cavo e un'altra presa, poi chiedi all'assistenza.",
				ES: "Use el cargador original; si la carga no sube en 30 minutos, pruebe otro cable y otro enchufe, y después pida ayuda a soporte.",
			},
		},
		Runbook: "Below a tenth some models switch the radio off first. A charge that falls while the device says that it charges is a worn cable, a weak charger or the battery: a return.",
		Look: func(c *doctor.Chart) doctor.Sign {
			if !wantsLink(c) {
				return past.LinkWasThere()
			}
			list := past.Told(c)
			if len(list) == 0 {
				return notTold()
			}
			t := list[len(list)-1]
			if t.Battery == nil {
				return doctor.No("the model has no battery")
			}
			args := about(c)
			args["battery"] = strconv.Itoa(*t.Battery)
			if first, vain := chargingInVain(list); vain {
				return doctor.Found(args, past.Reported(first, fmt.Sprintf("on the charger with %d %%", *first.Battery)),
					past.Reported(t, fmt.Sprintf("on the charger ever since, and down to %d %%", *t.Battery)))
			}
			if t.Charging || *t.Battery > nearlyEmpty {
				return doctor.No(fmt.Sprintf("battery %d %%, charging %v", *t.Battery, t.Charging))
			}
			return doctor.Found(args, past.Reported(t, fmt.Sprintf("battery %d %%, and not on a charger", *t.Battery)))
		},
	}
}

// chargingInVain gives the beginning of a time on the charger in which the charge fell.
func chargingInVain(list []doctor.Telemetry) (first doctor.Telemetry, vain bool) {
	last := list[len(list)-1]
	for i := len(list) - 1; i >= 0 && list[i].Charging && list[i].Battery != nil; i-- {
		first = list[i]
	}
	return first, first.Battery != nil && *last.Battery < *first.Battery && last.At.Sub(first.At) >= chargedInVain
}
