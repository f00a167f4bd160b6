package multisafepay

import (
	"time"

	"kassa/doctor"
	"kassa/doctor/past"
	"kassa/estate"
	"kassa/journal"
)

// tampered is TAMP-01: the sensors of the device have raised an alarm, and it has erased its keys.
func tampered() doctor.Rule {
	return doctor.Rule{
		ID: "TAMP-01", Code: "tampered", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal, doctor.Order},
		Needs: []doctor.Need{doctor.NeedDevice}, Rank: doctor.RankTerminal, Who: doctor.Operator, Contact: doctor.PointOfSale,
		Symptoms: []string{"Attacked! Please contact your service provider", "Attacked", "Alerts triggered", "Tampered", "The keys are erased", "Do not use this terminal"},
		Explains: tamperExplains(),
		Action:   doctor.Action{Label: "Ask for an unlock code", Href: "/terminals/{terminal}"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal has raised a tamper alarm", NL: "De terminal heeft een sabotagealarm gegeven", FR: "Le terminal a déclenché une alarme d'effraction",
				IT: "Il terminale ha segnalato una manomissione", ES: "El terminal ha dado una alarma de manipulación",
			},
			Shop: doctor.Text{
				EN: "Stop using {name}: it believes that somebody opened it. Take a picture of the screen with its code and send it to support.",
				NL: "Gebruik {name} niet meer: hij denkt dat iemand hem heeft geopend. Maak een foto van het scherm met de code en stuur die naar support.",
				FR: "N'utilisez plus {name} : il pense que quelqu'un l'a ouvert. Prenez une photo de l'écran avec son code et envoyez-la à l'assistance.",
				IT: "Non usare più {name}: ritiene che qualcuno lo abbia aperto. Fotografa lo schermo con il codice e invia la foto all'assistenza.",
				ES: "Deje de usar {name}: cree que alguien lo ha abierto. Haga una foto de la pantalla con el código y envíela a soporte.",
			},
			Fix: doctor.Text{
				EN: "Look at the device for traces, make a request of type P Serial Tamper with the code and a picture, enter the unlock code once, restart, and inject the keys.",
				NL: "Controleer het apparaat op sporen, doe een aanvraag van het type P Serial Tamper met de code en een foto, voer de ontgrendelcode één keer in, start opnieuw en injecteer de sleutels.",
				FR: "Examinez l'appareil, faites une demande de type P Serial Tamper avec le code et une photo, saisissez une fois le code de déblocage, redémarrez et injectez les clés.",
				IT: "Controlla che il dispositivo non abbia segni, fai una richiesta di tipo P Serial Tamper con il codice e una foto, inserisci una volta il codice di sblocco, riavvia e inietta le chiavi.",
				ES: "Busque señales en el dispositivo, haga una solicitud de tipo P Serial Tamper con el código y una foto, introduzca una vez el código de desbloqueo, reinicie e inyecte las claves.",
			},
		},
		Developer: "The device refuses every order until it was inspected; its terminal is barred.",
		Runbook: "Compare with the pictures of the delivery check. The alarm erases the keys: ipek_missing is its consequence. " +
			"A second alarm after an unlock code is tamper_sensor_damaged.",
		Look: func(c *doctor.Chart) doctor.Sign {
			if !wantsDevice(c) {
				return deviceWorked()
			}
			alarm, what := alarmOf(c)
			if alarm == nil {
				return doctor.No("its sensors have raised no alarm")
			}
			evidence := []doctor.Evidence{*alarm}
			if t, ok := toldBy(c); ok && t.Tampered != "" && t.Tampered != what {
				evidence = append(evidence, past.Reported(t, "it reports: "+t.Tampered))
			}
			return doctor.Found(about(c), evidence...)
		},
	}
}

// tamperExplains are what an alarm is the cause of: its keys are gone, and nothing is sent to the device.
func tamperExplains() []string {
	return []string{"ipek_missing", "not_onboarded", "config_error", "keys_used_up", "terminal_barred", "never_delivered"}
}

// alarmOf gives the alarm that stood at the end of the span; nil when none did.
func alarmOf(c *doctor.Chart) (*doctor.Evidence, string) {
	until := knownBy(c)
	list, cleared := alarms(c, until)
	d := c.Device
	switch {
	case len(list) > 0 && !cleared:
		last := list[len(list)-1]
		body, _ := doctor.Read[estate.DeviceTampered](last)
		e := doctor.Entry(last, "terminal", "tamper alarm: "+orNone(body.What)+"; its keys are erased")
		return &e, body.What
	case d.Tampered != nil && d.POIID == past.Device(c) && !d.Tampered.At.After(until):
		return &doctor.Evidence{
			At: d.Tampered.At, Source: "estate", Ref: "device/" + d.POIID, Says: "tamper alarm: " + orNone(d.Tampered.What) + "; its keys are erased",
		}, d.Tampered.What
	}
	return nil, ""
}

// alarms gives the alarms of the device up to an instant, and whether the last one had been cleared by the end of the
// span: an inspection after an order says nothing of it.
func alarms(c *doctor.Chart, until time.Time) (list []journal.Entry, cleared bool) {
	_, ended := past.Span(c)
	for _, e := range c.Of("DeviceTampered", "TamperCleared") {
		body, ok := doctor.Read[estate.DeviceTampered](e)
		switch {
		case !ok || body.POIID != past.Device(c):
		case e.Kind == "TamperCleared" && !e.At.After(ended):
			cleared = true
		case e.Kind == "DeviceTampered" && !e.At.After(until):
			list, cleared = append(list, e), false
		}
	}
	return list, cleared
}
