package multisafepay

import (
	"kassa/doctor"
)

// browserBroken is SYS-02: a version of the browser that does not fit the device breaks what runs in it.
func browserBroken() doctor.Rule {
	return doctor.Rule{
		ID: "SYS-02", Code: "browser_broken", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal},
		Rank: doctor.RankNotice + 2, Who: doctor.Shop, Contact: doctor.GeneralSupport,
		Symptoms: []string{"Chrome does not work", "Chrome crashes", "browser broken"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The browser on the device is broken",
				NL: "De browser op het apparaat werkt niet",
				FR: "Le navigateur de l'appareil ne fonctionne plus",
				IT: "Il browser del dispositivo non funziona",
				ES: "El navegador del dispositivo no funciona",
			},
			Shop: doctor.Text{
				EN: "Uninstall Chrome on the terminal and restart it: a version that fits is installed by itself.",
				NL: "Verwijder Chrome van de terminal en start hem opnieuw: een passende versie wordt vanzelf geïnstalleerd.",
				FR: "Désinstallez Chrome du terminal et redémarrez-le : une version compatible s'installe d'elle-même.",
				IT: "Disinstalla Chrome dal terminale e riavvialo: una versione compatibile si installa da sola.",
				ES: "Desinstale Chrome del terminal y reinícielo: una versión compatible se instala sola.",
			},
			Fix: doctor.Text{
				EN: "Let the vendor's build of the browser install itself; do not install one by hand.",
				NL: "Laat de versie van de leverancier zichzelf installeren; installeer er geen met de hand.",
				FR: "Laissez s'installer la version du fournisseur ; n'en installez pas une à la main.",
				IT: "Lascia installare la versione del fornitore; non installarne una a mano.",
				ES: "Deje que se instale la versión del fabricante; no instale ninguna a mano.",
			},
			Question: doctor.Text{
				EN: "Does Chrome on the terminal fail to open or close by itself?",
				NL: "Opent Chrome op de terminal niet, of sluit hij vanzelf?",
				FR: "Chrome refuse-t-il de s'ouvrir ou se ferme-t-il seul sur le terminal ?",
				IT: "Chrome sul terminale non si apre o si chiude da solo?",
				ES: "¿Chrome no se abre o se cierra solo en el terminal?",
			},
		},
		Runbook: "Only who pays in a browser on the device is affected; cloud payments are not.",
	}
}
