package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Forge is a kind of forge.
type Forge string

// The forges.
const (
	GitHub Forge = "github"
	GitLab Forge = "gitlab"
	Gitea  Forge = "gitea" // and Forgejo
)

// forge is how one kind of forge is asked and told. Below the repository's address,
// statuses/COMMIT takes a status everywhere.
type forge struct {
	// api is where a server's repositories stand, and whether a path is one segment.
	api     func(host string) string
	escaped bool
	auth    func(token string) (header, value string)
	states  map[state]string // where they are not our words
	name    string           // of the field with the context, when a status is made
	// shown is where the statuses of a commit are, and parse answers them.
	shown func(commit, context string) string
	parse func([]byte) ([]shown, error)
}

// shown is a status as a forge shows it.
type shown struct{ context, state, description string }

var forges = map[Forge]forge{
	GitHub: {
		api: func(host string) string {
			if host == "github.com" {
				return "https://api.github.com/repos/"
			}
			return "https://" + host + "/api/v3/repos/"
		},
		auth:  func(token string) (string, string) { return "Authorization", "Bearer " + token },
		name:  "context",
		shown: combined, parse: parseCombined,
	},
	Gitea: {
		api:   func(host string) string { return "https://" + host + "/api/v1/repos/" },
		auth:  func(token string) (string, string) { return "Authorization", "token " + token },
		name:  "context",
		shown: combined, parse: parseCombined,
	},
	GitLab: {
		api:     func(host string) string { return "https://" + host + "/api/v4/projects/" },
		escaped: true,
		auth:    func(token string) (string, string) { return "PRIVATE-TOKEN", token },
		states:  map[state]string{failure: "failed"},
		name:    "name",
		shown: func(commit, context string) string {
			return "/repository/commits/" + commit + "/statuses?" + url.Values{"name": {context}}.Encode()
		},
		parse: parseListed,
	},
}

// combined is the newest status of each context of a commit.
func combined(commit, _ string) string { return "/commits/" + commit + "/status?per_page=100" }

func parseCombined(body []byte) (out []shown, err error) {
	var answer struct {
		Statuses []struct{ Context, State, Status, Description string }
	}
	err = json.Unmarshal(body, &answer)
	for _, s := range answer.Statuses {
		if s.State == "" {
			s.State = s.Status // Gitea's word
		}
		out = append(out, shown{s.Context, s.State, s.Description})
	}
	return out, err
}

func parseListed(body []byte) (out []shown, err error) {
	var answer []struct{ Name, Status, Description string }
	err = json.Unmarshal(body, &answer)
	for _, s := range answer {
		out = append(out, shown{s.Name, s.Status, s.Description})
	}
	return out, err
}

// RepositoryURL answers the address of a repository in its forge's API, from the one
// that is cloned.
func RepositoryURL(kind Forge, repo string) (string, error) {
	host, path, ok := "", "", false
	if u, err := url.Parse(repo); err == nil && u.Host != "" {
		host, path, ok = u.Hostname(), u.Path, u.Scheme == "https" || u.Scheme == "ssh"
		if u.Scheme == "https" {
			host = u.Host
		}
	} else if !strings.Contains(repo, "://") {
		host, path, ok = strings.Cut(repo, ":")
		host = host[strings.LastIndex(host, "@")+1:]
	}
	path = strings.TrimSuffix(strings.Trim(path, "/"), ".git")
	if !ok || host == "" || !strings.Contains(path, "/") {
		return "", errors.New("the forge cannot be told from --repo: give --commit-status-url, the repository's address in its API, such as https://api.github.com/repos/OWNER/NAME")
	}
	f := forges[kind]
	if f.escaped {
		path = url.PathEscape(path)
	}
	return f.api(host) + path, nil
}

// send tells the forge, unless it shows that already: after a start nothing is told
// twice, and GitLab refuses a status that is no other one.
func (c *Commits) send(ctx context.Context, s statement) error {
	f := forges[c.opt.Forge]
	want := shown{c.opt.Context, string(s.state), s.description}
	if word := f.states[s.state]; word != "" {
		want.state = word
	}
	body, err := c.ask(ctx, http.MethodGet, f.shown(s.commit, c.opt.Context), nil)
	if err != nil {
		return fmt.Errorf("ask for the commit's statuses: %w", err)
	}
	have, err := f.parse(body)
	if err != nil {
		return errors.New("ask for the commit's statuses: the answer is not the API's")
	}
	for _, h := range have { // the newest of a context is the first
		if h.context == want.context {
			if h == want {
				return nil
			}
			break
		}
	}
	body, err = json.Marshal(map[string]string{"state": want.state, "description": want.description, f.name: want.context})
	if err != nil {
		return err
	}
	if _, err = c.ask(ctx, http.MethodPost, "/statuses/"+s.commit, body); err != nil {
		return fmt.Errorf("set the commit's status: %w", err)
	}
	return nil
}

// ask makes one request below the repository, with the token as it is now.
func (c *Commits) ask(ctx context.Context, method, below string, body []byte) ([]byte, error) {
	token, err := secret(c.opt.TokenFile, "token")
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.opt.URL, "/")+below, bytes.NewReader(body))
	if err != nil {
		return nil, c.bare(err)
	}
	header, value := forges[c.opt.Forge].auth(token)
	r.Header.Set(header, value)
	r.Header.Set("Accept", "application/json")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return c.do(r)
}
