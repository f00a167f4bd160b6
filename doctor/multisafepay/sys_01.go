package multisafepay

import (
	"strings"
	"time"

	"kassa/doctor"
	"kassa/doctor/past"
	"kassa/estate"
	"kassa/journal"
)

// ipekMissing is SYS-01: without its initial key (IPEK) a terminal can encrypt no card and no PIN, and takes none.
func ipekMissing() doctor.Rule {
	return doctor.Rule{
		ID: "SYS-01", Code: "ipek_missing", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal, doctor.Order},
		Needs: []doctor.Need{doctor.NeedDevice}, Rank: doctor.RankTerminal + 1, Who: doctor.Shop, Contact: doctor.PointOfSale,
		Symptoms: []string{"IPEK not configured", "IPEK", "Terminal not ready", "Configuration error", "keys missing"},
		Explains: []string{"config_error", "not_onboarded", "keys_used_up"},
		Action:   doctor.Action{Label: "Inject the keys", Href: "/terminals/{terminal}"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal has no PIN key (IPEK)", NL: "De terminal heeft geen pinsleutel (IPEK)", FR: "Le terminal n'a pas de clé PIN (IPEK)",
				IT: "Il terminale non ha la chiave del PIN (IPEK)", ES: "El terminal no tiene la clave del PIN (IPEK)",
			},
			Shop: doctor.Text{
				EN: "{name} has no key for cards and PINs: open Settings, Advanced, Security Center, Key Injection, RKI, and press Key Inject.",
				NL: "{name} heeft geen sleutel voor kaarten en pincodes: open Instellingen, Geavanceerd, Beveiligingscentrum, Sleutelinjectie, RKI, en druk op Sleutel injecteren.",
				FR: "{name} n'a pas de clé pour les cartes et les codes PIN : ouvrez Paramètres, Avancé, Centre de sécurité, Injection de clés, RKI, et appuyez sur Injecter la clé.",
				IT: "{name} non ha la chiave per carte e PIN: apri Impostazioni, Avanzate, Centro sicurezza, Iniezione chiavi, RKI, e premi Inietta chiave.",
				ES: "{name} no tiene clave para tarjetas y PIN: abra Ajustes, Avanzado, Centro de seguridad, Inyección de claves, RKI, y pulse Inyectar clave.",
			},
			Fix: doctor.Text{
				EN: "Let the terminal connect and inject the key; the start screen must say Configured. If it does not, ask support for a new injection.",
				NL: "Laat de terminal verbinding maken en injecteer de sleutel; het startscherm moet Configured tonen. Doet het dat niet, vraag support dan om een nieuwe injectie.",
				FR: "Laissez le terminal se connecter et injectez la clé ; l'écran de démarrage doit afficher Configured. Sinon, demandez une nouvelle injection à l'assistance.",
				IT: "Lascia che il terminale si colleghi e inietta la chiave; la schermata di avvio deve mostrare Configured. Altrimenti chiedi all'assistenza una nuova iniezione.",
				ES: "Deje que el terminal se conecte e inyecte la clave; la pantalla de inicio debe mostrar Configured. Si no, pida a soporte una nueva inyección.",
			},
		},
		Developer: "The terminal refuses every payment: it has no initial key. Orders end as cancelled (native: poi_unable); nothing is wrong with the request.",
		Runbook: "Compare IKID and check value that the device reports with those of its record. Erased keys after an alarm are the cause tampered; " +
			"a key that does not load twice in a row is a case for the vendor.",
		Look: func(c *doctor.Chart) doctor.Sign {
			if !wantsDevice(c) {
				return deviceWorked()
			}
			last := lastKey(c)
			if last.Kind == "KeysMismatched" {
				body, _ := doctor.Read[estate.KeysMismatched](last)
				return doctor.Found(about(c), doctor.Entry(last, "terminal", "it reported the key "+orNone(body.Reported)+" where "+body.IKID+" was sent"))
			}
			t, ok := toldBy(c)
			since := ok && last.Kind == "KeysConfirmed" && last.At.After(t.At)
			switch {
			case !ok:
				return ipekByRecord(c)
			case since:
				return doctor.No("it confirmed its initial key at " + past.Instant(last.At))
			case t.IKID == "":
				evidence := []doctor.Evidence{past.Reported(t, "it holds no initial key: IPEK not configured")}
				if last.Kind == "KeysConfirmed" {
					evidence = append(evidence, doctor.Entry(last, "terminal", "it had one before"))
				}
				return doctor.Found(about(c), evidence...)
			case past.Order(c) == nil && c.Device.IKID != "" && !strings.EqualFold(t.IKID, c.Device.IKID) && last.Kind != "KeyInjected":
				return doctor.Found(about(c), past.Reported(t, "it holds the key "+t.IKID+", check value "+t.KCV),
					doctor.Evidence{Source: "estate", Ref: "device/" + c.Device.POIID, Says: "it should hold " + c.Device.IKID + ", check value " + c.Device.KCV})
			}
			return doctor.No("it reports the initial key " + t.IKID + ", check value " + orNone(t.KCV))
		},
	}
}

// ipekByRecord judges a device that has told nothing of itself by its record.
func ipekByRecord(c *doctor.Chart) doctor.Sign {
	opened := ups(c)
	if past.Order(c) != nil || c.Device.Configured || len(opened) == 0 || c.Now.Sub(opened[0].At) < syncTime {
		return notTold()
	}
	return doctor.Found(about(c), doctor.Entry(opened[0], "link", "it connected"),
		doctor.Evidence{At: c.Now, Source: "estate", Ref: "device/" + c.Device.POIID,
			Says: "it has confirmed no initial key in the " + c.Now.Sub(opened[0].At).Round(time.Second).String() + " since"})
}

// lastKey is the newest fact about the initial key of the device, up to the end of the span.
func lastKey(c *doctor.Chart) journal.Entry {
	until := knownBy(c)
	var last journal.Entry
	for _, e := range c.Of("KeyInjected", "KeysConfirmed", "KeysMismatched", "DeviceTampered") {
		if body, ok := doctor.Read[estate.KeysConfirmed](e); ok && body.POIID == past.Device(c) && !e.At.After(until) {
			last = e
		}
	}
	return last
}
