package rules

import (
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/testdata/handmade"
)

func TestSecretFile(t *testing.T) {
	root := fileList{mode("bin/sh", 0o755)}
	for name, tt := range map[string]struct {
		base  fileList
		own   []fileList
		wants []want
	}{
		"own": {root, []fileList{{file("root/.ssh/id_rsa", 9), file("root/.ssh/id_rsa.pub", 9), file("home/a/.ssh/id_ed25519", 9)}},
			[]want{{0, 1, 1, report.Serious, "/home/a/.ssh/id_ed25519", "a private key of SSH: /home/a/.ssh/id_ed25519 and /root/.ssh/id_rsa", "RUN --mount=type=secret", 0}}},
		"deleted": {root, []fileList{{file("app/.env", 9)}, {file("app/.wh..env", 0)}},
			[]want{{0, 1, 1, report.Warning, "/app/.env", "layer 2 deletes it, but who has the image still has it", "replace the secret", 0}}},
		"deleted with its directory": {root, []fileList{{file("root/.aws/credentials", 9)}, {file("root/.aws/credentials", 8)}, {file("root/.wh..aws", 0)}},
			[]want{{0, 1, 1, report.Serious, "/root/.aws/credentials", "layer 3 deletes it", "", 0}}},
		"inherited": {fileList{file("root/.netrc", 9)}, []fileList{{file("a", 1)}, {owned(file("root/.netrc", 9), 7)}},
			[]want{{1, 0, 0, report.Serious, "/root/.netrc", "passwords of servers", "tell the publisher of base:1", 0}}},
		"a host key": {root, []fileList{{file("etc/ssh/ssh_host_rsa_key", 9), file("etc/ssh/ssh_host_rsa_key.pub", 9)}},
			[]want{{0, 1, 1, report.Serious, "/etc/ssh/ssh_host_rsa_key", "a host key of SSH", "make them when the container starts", 0}}},
		"empty, a directory, a link": {root, []fileList{{file("app/.env", 0), {Name: "root/id_rsa/"}, {Name: "root/.netrc", Link: "/run/netrc"}}}, nil},
	} {
		t.Run(name, func(t *testing.T) { check(t, SecretFile(), onBase(tt.base, tt.own...).Report(t), tt.wants...) })
	}
}

func TestSecretOf(t *testing.T) {
	for p, want := range map[string]string{
		"root/.docker/config.json":              "credentials of a registry",
		"app/config.json":                       "",
		"home/a/.config/gcloud/credentials.db":  "credentials of Google Cloud",
		"etc/nginx/tls/server.key":              "a private key",
		"etc/letsencrypt/live/x/privkey.pem":    "a private key",
		"etc/ssl/certs/ca.pem":                  "",
		"app/.env.production":                   "secrets of an environment",
		"app/.env.example":                      "",
		"app/.environment":                      "",
		"app/keystore.p12":                      "a store of private keys",
		"app/truststore.jks":                    "",
		"app/node_modules/x/key.pem":            "",
		"srv/test/fixtures/server.key":          "",
		"usr/local/go/src/crypto/tls/a.key":     "",
		"usr/share/keyrings/docker.key":         "",
		"etc/apt/keyrings/docker.key":           "",
		"tmp/nginx_signing.key":                 "",
		"tmp/Release.key":                       "",
		"usr/share/dns/root.key":                "",
		"etc/ssl/private/ssl-cert-snakeoil.key": "",
		"root/.npmrc":                           "credentials of a package index",
		"var/lib/app/krb5.keytab":               "keys of Kerberos",
		".netrc":                                "passwords of servers",
		"":                                      "",
	} {
		s, ok := secretOf(p)
		if !ok {
			s.what = ""
		}
		assert.Equal(t, want, s.what, p)
	}
}

// Every line of the table is well formed, and matches what it means to.
func TestSecretsTable(t *testing.T) {
	lines := strings.Count(secretsTSV, "\n") - strings.Count(secretsTSV, "\n#") - 2 // the first comment, and the heading
	assert.Len(t, secrets(), lines)
	seen := map[string]bool{}
	for _, s := range secrets() {
		assert.False(t, seen[s.pattern], s.pattern)
		seen[s.pattern] = true
		_, err := path.Match(s.pattern, "")
		assert.NoError(t, err, s.pattern)
		got, ok := secretOf("srv/" + strings.NewReplacer("*", "x", "[0-9]", "0").Replace(s.pattern))
		assert.True(t, ok, s.pattern)
		assert.NotEmpty(t, got.what)
	}
}

func FuzzSecretOf(f *testing.F) {
	f.Add("root/.ssh/id_rsa")
	f.Add("a//..\x00/.env")
	f.Fuzz(func(_ *testing.T, p string) { secretOf(p) })
}

// A file of accounts is the image's own, and may say anything.
func FuzzAccount(f *testing.F) {
	f.Add("app:web", passwd, "web:x:33:app\n")
	f.Add("9999999999999999999", "app:x:-1:99999999999999:\n\n:::::", ":::,,,\n")
	f.Fuzz(func(t *testing.T, spec, users, groups string) {
		im := handmade.Image{Config: handmade.User(spec), Steps: []handmade.Step{buildkit("COPY x / # buildkit",
			handmade.File{Name: "etc/passwd", Body: users}, handmade.File{Name: "etc/group", Body: groups}, handmade.File{Name: "etc/a/", UID: 1000})}}
		for _, finding := range report.RunRules(im.Report(t), []report.Rule{UserByName(), WritableSystem()}) {
			if finding.Message == "" || finding.Remedy == "" {
				t.Error("a finding says nothing")
			}
		}
	})
}
