package multisafepay

import (
	"kassa/doctor"
)

// logoCached is DISP-02: a terminal keeps the former logo of its group until its cache is cleared.
func logoCached() doctor.Rule {
	return doctor.Rule{
		ID: "DISP-02", Code: "logo_cached", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal},
		Rank: doctor.RankNotice + 8, Who: doctor.Shop,
		Symptoms: []string{"group logo not shown", "old logo", "logo missing"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal shows a logo from its memory",
				NL: "De terminal toont een logo uit zijn geheugen",
				FR: "Le terminal affiche un logo gardé en mémoire",
				IT: "Il terminale mostra un logo dalla memoria",
				ES: "El terminal muestra un logotipo guardado en su memoria",
			},
			Shop: doctor.Text{
				EN: "On the terminal, open Android Settings, Apps, MultiSafepay, Storage, and press Clear cache; then open the app again.",
				NL: "Open op de terminal de Android-instellingen, Apps, MultiSafepay, Opslag, en druk op Cache wissen; open daarna de app opnieuw.",
				FR: "Sur le terminal, ouvrez les paramètres Android, Applications, MultiSafepay, Stockage, et appuyez sur Vider le cache ; rouvrez ensuite l'application.",
				IT: "Sul terminale apri le impostazioni Android, App, MultiSafepay, Memoria, e premi Svuota cache; poi riapri l'app.",
				ES: "En el terminal abra los ajustes de Android, Aplicaciones, MultiSafepay, Almacenamiento, y pulse Borrar caché; después abra de nuevo la aplicación.",
			},
			Fix: doctor.Text{
				EN: "Clear the cache of the payment app; clear no data: that would unbind the device.",
				NL: "Wis de cache van de betaalapp; wis geen gegevens: dat zou het apparaat ontkoppelen.",
				FR: "Videz le cache de l'application de paiement ; n'effacez pas les données : cela dissocierait l'appareil.",
				IT: "Svuota la cache dell'app di pagamento; non cancellare i dati: il dispositivo verrebbe dissociato.",
				ES: "Borre la caché de la aplicación de pago; no borre los datos: eso desvincularía el dispositivo.",
			},
			Question: doctor.Text{
				EN: "Does the terminal not show the logo that the group has now?",
				NL: "Toont de terminal niet het logo dat de groep nu heeft?",
				FR: "Le terminal n'affiche-t-il pas le logo actuel du groupe ?",
				IT: "Il terminale non mostra il logo attuale del gruppo?",
				ES: "¿No muestra el terminal el logotipo actual del grupo?",
			},
		},
		Runbook: "Terminals do not report which logo they hold; look at the screen. A group without a logo is logo_not_assigned.",
	}
}
