package webhook_test

import (
	"strings"
	"testing"

	"kassa/estate"
	"kassa/webhook"
)

func TestLivePolicy(t *testing.T) {
	for _, raw := range []string{
		"https://shop.nl/hook", "https://shop.nl", "https://shop.nl:443/", "https://shop.nl:8443/x", "https://shop.nl:80/x",
		"https://a-b.shop.co.uk/x?y=z&a=%20", "https://xn--bcher-kva.nl/", "https://8.8.8.8/", "https://[2606:4700::1111]/",
		"https://SHOP.NL/Hook", "HTTPS://shop.nl/", "https://1shop.nl/", "https://shop.nl/" + strings.Repeat("x", 134),
		"https://1.1.1.1.nl/", "https://172.32.0.1/", "https://100.128.0.1/", "https://192.0.1.1/",
	} {
		if err := webhook.CheckURL(estate.Live, raw); err != nil {
			t.Errorf("%s: %v", raw, err)
		}
	}
	for _, raw := range strings.Fields(`
		http://shop.nl/ ftp://shop.nl/ file:///etc/passwd gopher://shop.nl/ javascript:alert(1) data:text/html,x //shop.nl/x shop.nl/x
		https:shop.nl https:///x https://?x https://user@shop.nl/ https://user:pass@shop.nl/ https://shop.nl@127.0.0.1/
		https://shop.nl#@127.0.0.1/ https://shop.nl/#x https://shop.nl\@127.0.0.1/ https:\\shop.nl\x https://shop.nl:22/
		https://shop.nl:6379/ https://shop.nl:4222/ https://shop.nl:0443/ https://shop.nl:/ https://shop.nl:99999/ https://shop.nl:-1/
		https://localhost/ https://LOCALHOST/ https://localhost./ https://shop.nl./ https://.shop.nl/ https://shop..nl/ https://intranet/
		https://x.local/ https://x.internal/ https://metadata.google.internal/ https://x.localhost/ https://router.lan/ https://x.home.arpa/
		https://1.0.0.127.in-addr.arpa/ https://x.onion/ https://-x.nl/ https://x-.nl/ https://bücher.nl/ https://shop。nl/ https://ⓢhop.nl/
		https://a_b.nl/ https://shop.nl/ä https://shop.nl/%zz https://shop%2enl/ https://127.0.0.1/ https://127.1/ https://127.0.1/
		https://2130706433/ https://0x7f000001/ https://0x7f.0.0.1/ https://0177.0.0.1/ https://127.0.0.01/ https://017700000001/
		https://127.0.0.1./ https://0.0.0.0/ https://0/ https://10.0.0.1/ https://100.64.0.1/ https://169.254.169.254/latest/meta-data/
		https://172.16.0.1/ https://172.31.255.255/ https://192.0.0.8/ https://192.0.2.1/ https://192.88.99.1/ https://192.168.1.1/
		https://198.18.0.1/ https://198.19.255.255/ https://198.51.100.1/ https://203.0.113.1/ https://224.0.0.1/ https://240.0.0.1/
		https://255.255.255.255/ https://256.1.1.1/ https://1.2.3.4.5/ https://[::1]/ https://[::]/ https://[::ffff:127.0.0.1]/
		https://[::ffff:7f00:1]/ https://[::ffff:10.0.0.1]/ https://[::127.0.0.1]/ https://[64:ff9b::7f00:1]/ https://[64:ff9b:1::1]/
		https://[100::1]/ https://[2001::1]/ https://[2001:db8::1]/ https://[2002:7f00:1::]/ https://[fc00::1]/ https://[fd00:ec2::254]/
		https://[fe80::1]/ https://[fe80::1%25eth0]/ https://[fec0::1]/ https://[ff02::1]/ https://[3fff::1]/ https://[5f00::1]/
		https://[2001:10::1]/ https://[4000::1]/ https://[::1/ https://[127.0.0.1]/ https://shop.nl/<x> https://shop.nl/{x} https://shop.nl/|`) {
		if err := webhook.CheckURL(estate.Live, raw); err == nil {
			t.Errorf("%s is allowed", raw)
		}
	}
	for _, raw := range []string{
		"", " https://shop.nl/", "https://shop.nl/ x", "https://shop.nl/\r\nX: y", "https://shop.nl/\x00", "https://shop.nl/\x7f",
		"https://sh\top.nl/", "https://shop.nl/" + strings.Repeat("x", 135), "https://" + strings.Repeat("x", 64) + ".nl/",
	} {
		if err := webhook.CheckURL(estate.Live, raw); err == nil {
			t.Errorf("%q is allowed", raw)
		}
	}
}

func TestTestPolicy(t *testing.T) {
	for _, raw := range []string{
		"http://localhost:8080/hook", "http://127.0.0.1:1/", "https://192.168.1.5/", "http://[::1]:3000/x?y", "http://pos/",
		"http://10.0.0.1:22/", "http://shop.nl/" + strings.Repeat("x", 2000),
	} {
		if err := webhook.CheckURL(estate.Test, raw); err != nil {
			t.Errorf("%s: %v", raw, err)
		}
	}
	for _, raw := range []string{
		"", "ftp://localhost/", "http://a:b@localhost/", "http:///x", "http://localhost/#x", "http://localhost/\n",
		"http://169.254.169.254/latest/", "http://[fd00:ec2::254]/", "http://[::ffff:169.254.169.254]/",
		"http://shop.nl/" + strings.Repeat("x", 2048),
	} {
		if err := webhook.CheckURL(estate.Test, raw); err == nil {
			t.Errorf("%q is allowed", raw)
		}
	}
}
