package list

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

// A pod has what is wanted of Kubernetes' Pod:
// https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/.
type pod struct {
	Kind     string `json:"kind"`
	Metadata struct {
		Namespace string `json:"namespace"`
		Name      string `json:"name"`
	} `json:"metadata"`
	Spec struct {
		Containers          []container `json:"containers"`
		InitContainers      []container `json:"initContainers"`
		EphemeralContainers []container `json:"ephemeralContainers"`
	} `json:"spec"`
	Status struct {
		ContainerStatuses          []running `json:"containerStatuses"`
		InitContainerStatuses      []running `json:"initContainerStatuses"`
		EphemeralContainerStatuses []running `json:"ephemeralContainerStatuses"`
	} `json:"status"`
}

// A container is what was asked for.
type container struct {
	Name  string `json:"name"`
	Image string `json:"image"`
}

// running is what the node runs for the container of that name.
type running struct {
	Name    string `json:"name"`
	ImageID string `json:"imageID"`
}

// pods reads a list of pods, one pod at a time, or a single pod.
func pods(r io.Reader, yield func(Item, error) bool) {
	dec := json.NewDecoder(r)
	var single pod
	_, err := dec.Token() // {
	for err == nil && dec.More() {
		var key json.Token
		if key, err = dec.Token(); err != nil {
			break
		}
		switch key {
		case "items":
			var more bool
			if more, err = podItems(dec, yield); err == nil && !more {
				return
			}
		case "kind":
			err = dec.Decode(&single.Kind)
		case "metadata":
			err = dec.Decode(&single.Metadata)
		case "spec":
			err = dec.Decode(&single.Spec)
		case "status":
			err = dec.Decode(&single.Status)
		default:
			err = dec.Decode(new(json.RawMessage))
		}
	}
	if err == nil {
		_, err = dec.Token() // }
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	switch {
	case err != nil:
		yield(Item{}, fmt.Errorf("byte %d of the list of pods: %w", dec.InputOffset(), err))
	case single.Kind == "Pod":
		single.items(yield)
	case single.Kind != "" && !strings.HasSuffix(single.Kind, "List"):
		yield(Item{}, fmt.Errorf("a %s is no list of pods", short(single.Kind)))
	}
}

// podItems reads the items of a list. It returns false if no more is wanted.
func podItems(dec *json.Decoder, yield func(Item, error) bool) (bool, error) {
	if t, err := dec.Token(); err != nil || t != json.Delim('[') {
		return false, notNil(err, "items is no array")
	}
	for n := 0; dec.More(); n++ {
		var p pod
		if err := dec.Decode(&p); err != nil {
			return false, fmt.Errorf("pod %d: %w", n, err)
		}
		if p.Kind != "" && p.Kind != "Pod" {
			if !yield(Item{}, fmt.Errorf("item %d is a %s and no Pod", n, short(p.Kind))) {
				return false, nil
			}
			continue
		}
		if !p.items(yield) {
			return false, nil
		}
	}
	_, err := dec.Token() // ]
	return true, err
}

func notNil(err error, instead string) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("%s", instead)
}

// items yields the images of a pod, each once.
func (p *pod) items(yield func(Item, error) bool) bool {
	seen := map[string]bool{}
	for _, group := range []struct {
		asked []container
		run   []running
	}{
		{p.Spec.InitContainers, p.Status.InitContainerStatuses},
		{p.Spec.Containers, p.Status.ContainerStatuses},
		{p.Spec.EphemeralContainers, p.Status.EphemeralContainerStatuses},
	} {
		ids := map[string]string{}
		for _, r := range group.run {
			ids[r.Name] = r.ImageID
		}
		for _, c := range group.asked {
			item, err := c.item(ids[c.Name])
			if err != nil {
				err = fmt.Errorf("pod %s/%s, container %s: %w", short(p.Metadata.Namespace), short(p.Metadata.Name), short(c.Name), err)
			}
			item.Owner = p.Metadata.Namespace
			if err == nil && seen[item.Reference.Name()] {
				continue
			}
			if err == nil {
				seen[item.Reference.Name()] = true
			}
			if !yield(item, err) {
				return false
			}
		}
	}
	return true
}

// item returns what the container runs: the digest that the node has pulled, if it has done so
// already. In the ID the digest is behind a repository and an @, and before that may stand
// docker-pullable://. An ID without a repository is that of a configuration, which no registry
// can be asked for.
func (c container) item(id string) (Item, error) {
	if i := strings.Index(id, "://"); i >= 0 {
		id = id[i+len("://"):]
	}
	pulled, err := name.NewDigest(id)
	if err != nil {
		return Parse(c.Image)
	}
	asked, err := Parse(c.Image)
	if err != nil { // a pod that was told an ID
		return Item{Reference: pulled}, nil
	}
	return Item{Reference: asked.Reference.Context().Digest(pulled.DigestStr())}, nil
}
