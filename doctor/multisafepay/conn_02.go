package multisafepay

import (
	"kassa/doctor"
	"kassa/doctor/past"
)

// neverOnNetwork is CONN-02: a device that was never heard of here has not joined a network.
func neverOnNetwork() doctor.Rule {
	return doctor.Rule{
		ID: "CONN-02", Code: "never_on_network", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal},
		Needs: []doctor.Need{doctor.NeedDevice}, Rank: doctor.RankTerminal + 1, Who: doctor.Shop, Contact: doctor.GeneralSupport,
		Symptoms: []string{"terminal not on Wi-Fi", "no network", "red network icon"},
		Explains: []string{"not_onboarded", "never_delivered", "ipek_missing", "terminal_offline", "send_failed", "cloud_icon_missing"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal has never been on a network", NL: "De terminal is nog nooit met een netwerk verbonden geweest",
				FR: "Le terminal n'a jamais été connecté à un réseau", IT: "Il terminale non è mai stato collegato a una rete",
				ES: "El terminal nunca ha estado conectado a una red",
			},
			Shop: doctor.Text{
				EN: "{poiid} has never connected: on the terminal, open Settings, Network & Internet, WLAN, choose your network and type its password.",
				NL: "{poiid} heeft nog nooit verbinding gemaakt: open op de terminal Instellingen, Netwerk en internet, WLAN, kies uw netwerk en typ het wachtwoord.",
				FR: "{poiid} ne s'est jamais connecté : sur le terminal, ouvrez Paramètres, Réseau et Internet, WLAN, choisissez votre réseau et saisissez le mot de passe.",
				IT: "{poiid} non si è mai collegato: sul terminale apri Impostazioni, Rete e Internet, WLAN, scegli la tua rete e inserisci la password.",
				ES: "{poiid} nunca se ha conectado: en el terminal abra Ajustes, Red e Internet, WLAN, elija su red y escriba la contraseña.",
			},
			Fix: doctor.Text{
				EN: "Join the terminal to a network with internet access; its own connection test (Diagnostics) names the step that fails.",
				NL: "Verbind de terminal met een netwerk met internettoegang; zijn eigen verbindingstest (Diagnose) noemt de stap die mislukt.",
				FR: "Connectez le terminal à un réseau avec accès à Internet ; son propre test de connexion (Diagnostic) indique l'étape qui échoue.",
				IT: "Collega il terminale a una rete con accesso a Internet; la sua prova di collegamento (Diagnostica) indica il passo che fallisce.",
				ES: "Conecte el terminal a una red con acceso a Internet; su propia prueba de conexión (Diagnóstico) indica el paso que falla.",
			},
		},
		Runbook: "The device is boarded, and no key of it was ever pinned: not one link came as far as its hello. Compare the serial on its back with {poiid}, " +
			"and ask what its network icon shows. A captive portal or a firewall looks the same from here.",
		Look: func(c *doctor.Chart) doctor.Sign {
			opened := ups(c)
			switch {
			case len(opened) > 0:
				return doctor.No("it opened a link at " + past.Instant(opened[len(opened)-1].At))
			case len(c.Device.PublicKey) > 0:
				return doctor.No("it has proved its key over a link")
			case c.Reach != nil && (c.Reach.Linked || !c.Reach.Seen.IsZero()):
				return doctor.No("it was heard of at " + past.Instant(c.Reach.Seen))
			}
			boarded := c.Recorded("estate", "device/"+c.Device.POIID, "the device was boarded, and has opened no link since", "DeviceBoarded")
			if boarded.At.IsZero() {
				boarded.At = c.Device.BoardedAt
			}
			return doctor.Found(about(c), boarded)
		},
	}
}
