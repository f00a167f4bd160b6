package multisafepay

import (
	"kassa/doctor"
)

// soonAgain is how soon a second alarm speaks against the sensor, and not for a second attack.
const soonAgain = 30 * day

// tamperSensorDamaged is the second line of TAMP-01: an alarm that comes back after it was cleared is a sensor that
// is damaged, and no unlock code mends that.
func tamperSensorDamaged() doctor.Rule {
	return doctor.Rule{
		ID: "TAMP-01B", Code: "tamper_sensor_damaged", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal},
		Needs: []doctor.Need{doctor.NeedDevice}, Rank: doctor.RankTerminal, Who: doctor.Operator, Contact: doctor.PointOfSale,
		Symptoms: []string{"Attacked", "Alerts triggered", "Tampered"},
		Explains: append(tamperExplains(), "tampered"),
		Action:   doctor.Action{Label: "Start a return", Href: "/terminals/{terminal}"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The tamper alarm came back: a sensor may be damaged", NL: "Het sabotagealarm kwam terug: er is mogelijk een sensor beschadigd",
				FR: "L'alarme d'effraction est revenue : un capteur est peut-être endommagé", IT: "L'allarme di manomissione è tornato: un sensore potrebbe essere guasto",
				ES: "La alarma de manipulación ha vuelto: puede que un sensor esté dañado",
			},
			Shop: doctor.Text{
				EN: "{name} has raised its alarm again: stop using it and ask for a return; another unlock code will not help.",
				NL: "{name} heeft opnieuw alarm gegeven: gebruik hem niet meer en vraag een retour aan; nog een ontgrendelcode helpt niet.",
				FR: "{name} a déclenché une nouvelle alarme : ne l'utilisez plus et demandez un retour ; un autre code de déblocage n'y changera rien.",
				IT: "{name} ha dato di nuovo l'allarme: non usarlo più e chiedi un reso; un altro codice di sblocco non serve.",
				ES: "{name} ha vuelto a dar la alarma: deje de usarlo y pida una devolución; otro código de desbloqueo no servirá.",
			},
			Fix: doctor.Text{
				EN: "Return the device as damaged; the replacement takes over its name, group, shop and settings.",
				NL: "Stuur het apparaat als beschadigd retour; het vervangende apparaat neemt naam, groep, winkel en instellingen over.",
				FR: "Renvoyez l'appareil comme endommagé ; le remplaçant reprend son nom, son groupe, son magasin et ses paramètres.",
				IT: "Restituisci il dispositivo come danneggiato; il sostituto ne prende nome, gruppo, negozio e impostazioni.",
				ES: "Devuelva el dispositivo como dañado; el sustituto toma su nombre, grupo, tienda y ajustes.",
			},
		},
		Runbook: "Both alarms are on record. Make the return from this report: serial, account and times are filled in.",
		Look: func(c *doctor.Chart) doctor.Sign {
			list, cleared := alarms(c, c.Now)
			if n := len(list); n < 2 || cleared || list[n-1].At.Sub(list[n-2].At) > soonAgain {
				return doctor.No("there was no second alarm soon after one that was cleared")
			}
			var evidence []doctor.Evidence
			for _, e := range list[max(0, len(list)-3):] {
				evidence = append(evidence, doctor.Entry(e, "terminal", "tamper alarm"))
			}
			return doctor.Found(about(c), evidence...)
		},
	}
}
