package multisafepay

import (
	"kassa/doctor"
)

// downloadThrottled is SYS-05: the device's updater takes 20 KB/s until somebody allows more.
func downloadThrottled() doctor.Rule {
	return doctor.Rule{
		ID: "SYS-05", Code: "download_throttled", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal},
		Rank: doctor.RankNotice + 4, Who: doctor.Shop, Contact: doctor.GeneralSupport,
		Symptoms: []string{"firmware download slow", "update takes hours", "slow download"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The download of the update is throttled",
				NL: "Het downloaden van de update is afgeknepen",
				FR: "Le téléchargement de la mise à jour est limité",
				IT: "Il download dell'aggiornamento è limitato",
				ES: "La descarga de la actualización está limitada",
			},
			Shop: doctor.Text{
				EN: "The update loads slowly on purpose: in the System update app, raise the speed limit, and leave the terminal on its charger.",
				NL: "De update laadt met opzet langzaam: verhoog de snelheidslimiet in de app Systeemupdate en laat de terminal aan de lader.",
				FR: "La mise à jour se charge lentement exprès : augmentez la limite de vitesse dans l'application Mise à jour du système et laissez le terminal en charge.",
				IT: "L'aggiornamento si scarica lentamente di proposito: aumenta il limite di velocità nell'app Aggiornamento di sistema e lascia il terminale in carica.",
				ES: "La actualización se descarga despacio a propósito: suba el límite de velocidad en la aplicación Actualización del sistema y deje el terminal cargando.",
			},
			Fix: doctor.Text{
				EN: "Raise the limit of 20 KB/s in the System update app or in the Sunmi portal, outside opening hours.",
				NL: "Verhoog de limiet van 20 KB/s in de app Systeemupdate of in het Sunmi-portaal, buiten openingstijden.",
				FR: "Augmentez la limite de 20 Ko/s dans l'application Mise à jour du système ou dans le portail Sunmi, hors des heures d'ouverture.",
				IT: "Aumenta il limite di 20 KB/s nell'app Aggiornamento di sistema o nel portale Sunmi, fuori dall'orario di apertura.",
				ES: "Suba el límite de 20 KB/s en la aplicación Actualización del sistema o en el portal de Sunmi, fuera del horario de apertura.",
			},
			Question: doctor.Text{
				EN: "Has the update been downloading for more than an hour?",
				NL: "Is de update al langer dan een uur aan het downloaden?",
				FR: "La mise à jour se télécharge-t-elle depuis plus d'une heure ?",
				IT: "L'aggiornamento si sta scaricando da più di un'ora?",
				ES: "¿Lleva la actualización más de una hora descargándose?",
			},
		},
		Runbook: "The cap protects the payments of the shop from the download. A download that stands still is the network.",
	}
}
