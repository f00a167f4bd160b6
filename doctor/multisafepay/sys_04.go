package multisafepay

import (
	"kassa/doctor"
	"kassa/doctor/past"
)

// firmwareOutdated is SYS-04: a terminal with an older program than its sisters misbehaves in ways that are mended
// already.
func firmwareOutdated() doctor.Rule {
	return doctor.Rule{
		ID: "SYS-04", Code: "firmware_outdated", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal},
		Needs: []doctor.Need{doctor.NeedTelemetry, doctor.NeedFleet}, Rank: doctor.RankNotice + 1, Who: doctor.Shop, Contact: doctor.GeneralSupport,
		Symptoms: []string{"odd behaviour", "outdated firmware", "update the terminal"},
		Action:   doctor.Action{Label: "See the terminal", Href: "/terminals/{terminal}"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal's software is out of date", NL: "De software van de terminal is verouderd", FR: "Le logiciel du terminal n'est pas à jour",
				IT: "Il software del terminale non è aggiornato", ES: "El software del terminal está desactualizado",
			},
			Shop: doctor.Text{
				EN: "{name} runs version {version} and others run {newest}: on the terminal, open About, press Check for updates, and restart it.",
				NL: "{name} draait versie {version} en andere draaien {newest}: open op de terminal Over, druk op Controleren op updates en start hem opnieuw.",
				FR: "{name} utilise la version {version} alors que d'autres utilisent {newest} : sur le terminal, ouvrez À propos, appuyez sur Rechercher les mises à jour et redémarrez-le.",
				IT: "{name} usa la versione {version} mentre altri usano {newest}: sul terminale apri Informazioni, premi Verifica aggiornamenti e riavvialo.",
				ES: "{name} usa la versión {version} y otros usan {newest}: en el terminal abra Acerca de, pulse Buscar actualizaciones y reinícielo.",
			},
			Fix: doctor.Text{
				EN: "Put the terminal into the upgrade group of the Sunmi portal, let it download, and restart it at a quiet hour.",
				NL: "Zet de terminal in de upgradegroep van het Sunmi-portaal, laat hem downloaden en start hem op een rustig uur opnieuw.",
				FR: "Placez le terminal dans le groupe de mise à jour du portail Sunmi, laissez-le télécharger et redémarrez-le à une heure calme.",
				IT: "Metti il terminale nel gruppo di aggiornamento del portale Sunmi, lascialo scaricare e riavvialo in un'ora tranquilla.",
				ES: "Ponga el terminal en el grupo de actualización del portal de Sunmi, deje que descargue y reinícielo a una hora tranquila.",
			},
		},
		Runbook: "A notice: look for the nearer cause first. The download is slow by default; see the question about the 20 KB/s limit.",
		Look: func(c *doctor.Chart) doctor.Sign {
			own, newest := c.Telemetry.Software, c.Fleet.Software
			has, ok := doctor.VersionOf(own)
			latest, known := doctor.VersionOf(newest)
			switch {
			case !ok || !known || has.Program != latest.Program:
				return doctor.No("its software " + orNone(own) + " is not to be compared with " + orNone(newest))
			case !has.Older(latest):
				return doctor.No("its software " + own + " is the newest of its model here")
			}
			args := about(c)
			args["version"], args["newest"] = has.String(), latest.String()
			return doctor.Found(args, past.Reported(*c.Telemetry, "software "+own+", firmware "+orNone(c.Telemetry.Firmware)),
				doctor.Evidence{At: c.Now, Source: "estate", Says: "other terminals of this model report " + newest})
		},
	}
}
