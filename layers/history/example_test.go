package history_test

import (
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/layers/history"
)

func ExampleSteps() {
	cfg := &v1.ConfigFile{
		RootFS: v1.RootFS{DiffIDs: make([]v1.Hash, 3)},
		History: []v1.History{
			{CreatedBy: "# debian.sh --arch 'amd64' out/ 'trixie' '@1783900800'"},
			{CreatedBy: "ENV LANG=C.UTF-8", Comment: "buildkit.dockerfile.v0", EmptyLayer: true},
			{CreatedBy: "RUN |1 V=3 /bin/sh -c make install # buildkit", Comment: "buildkit.dockerfile.v0"},
			{CreatedBy: "WORKDIR /app", Comment: "buildkit.dockerfile.v0"},
			{CreatedBy: `CMD ["python3"]`, Comment: "buildkit.dockerfile.v0", EmptyLayer: true},
		},
	}
	steps, problems := history.Steps(cfg)
	for _, s := range steps {
		in := s.Instruction
		if s.Layer == history.None {
			fmt.Printf("         %s: %s %s\n", in.Builder, in.Keyword, in.Args)
		} else {
			fmt.Printf("layer %d: %s: %s %s\n", s.Layer, in.Builder, in.Keyword, in.Args)
		}
	}
	fmt.Println(len(problems), "problems")
	// Output:
	// layer 0: debuerreotype:  # debian.sh --arch 'amd64' out/ 'trixie' '@1783900800'
	//          buildkit: ENV LANG=C.UTF-8
	// layer 1: buildkit: RUN make install
	// layer 2: buildkit: WORKDIR /app
	//          buildkit: CMD ["python3"]
	// 0 problems
}

// A history that records fewer layers than the image has.
func ExampleSteps_mended() {
	cfg := &v1.ConfigFile{
		RootFS: v1.RootFS{DiffIDs: make([]v1.Hash, 2)},
		History: []v1.History{
			{CreatedBy: "COPY app /usr/bin/", Author: "kaniko"},
		},
	}
	steps, problems := history.Steps(cfg)
	for _, s := range steps {
		fmt.Printf("layer %d, synthetic %t, uncertain %t: %q\n", s.Layer, s.Synthetic, s.Uncertain, s.CreatedBy)
	}
	fmt.Println(problems[0])
	// Output:
	// layer 0, synthetic true, uncertain false: ""
	// layer 1, synthetic false, uncertain true: "COPY app /usr/bin/"
	// history claims 1 layer, the image has 2: 1 layer at the bottom without a step recorded; the join is uncertain
}

func ExampleParse() {
	in := history.Parse(v1.History{
		CreatedBy: "RUN |1 FOO=1 /bin/bash -o pipefail -c curl -fsS https://example.com/x | tar -x # buildkit",
		Comment:   "buildkit.dockerfile.v0",
	})
	fmt.Println(in.Builder, in.Keyword)
	fmt.Println(in.BuildArgs, in.Shell)
	fmt.Println(in.Args)
	// Output:
	// buildkit RUN
	// [FOO=1] [/bin/bash -o pipefail -c]
	// curl -fsS https://example.com/x | tar -x
}

func ExampleInstruction_Env() {
	in := history.Parse(v1.History{CreatedBy: "/bin/sh -c #(nop)  ENV PYTHON_VERSION=3.11.1 LANG=C.UTF-8"})
	fmt.Printf("%q\n", in.Env())
	// Output:
	// ["PYTHON_VERSION=3.11.1" "LANG=C.UTF-8"]
}
