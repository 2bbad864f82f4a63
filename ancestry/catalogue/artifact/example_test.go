package artifact_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/artifact"
	"github.com/stemma-go/stemma/ancestry/genealogy"
)

// The genealogy that was fetched last, or else the one that ships in the module. Nobody is
// asked; without Offline, the registry is asked for a newer one.
func ExampleFetch() {
	embedded, err := genealogy.Open()
	if err != nil {
		log.Fatal(err)
	}
	known := ancestry.Source(embedded)
	f, err := artifact.Fetch(context.Background(), artifact.Genealogy, &artifact.Options{Offline: true})
	if err == nil && f.Day.After(embedded.Day()) {
		known = f.Catalogue
		if age, old := f.Age(time.Now()); old {
			fmt.Println("Warning:", age)
		}
	}
	_ = &ancestry.Options{Catalogues: []ancestry.Source{known}}
}
