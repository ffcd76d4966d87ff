# Two images of goproxy-setup, see docs/release.md:
#
#   docker build .                the static program and CA certificates, nothing else: for COPY --from
#   docker build --target job .   a Go image with the program in it: for systems whose jobs run in an `image:`
#
# Both need BuildKit, and no emulation for other platforms: nothing is run on the target's processor. A release does not
# build the program here, it brings the one it has signed, and its own CA certificates:
#
#   docker buildx build --build-context binary=assets --build-context certs=/etc/ssl/certs .

ARG GO=1.26

FROM --platform=$BUILDPLATFORM golang:${GO} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETARCH VERSION
RUN CGO_ENABLED=0 GOOS=linux GOARCH=${TARGETARCH} go build -trimpath -buildvcs=false \
    -ldflags "-s -w -X main.release=${VERSION}" -o /out/goproxy-setup_linux_${TARGETARCH} ./cmd/goproxy-setup

FROM scratch AS binary
COPY --from=build /out/ /

FROM scratch AS certs
COPY --from=build /etc/ssl/certs/ca-certificates.crt /

# All but explain and version need the go command, and such jobs need a shell and git: this has them. It runs as its
# base does, as root, since job containers of GitHub and the workspaces of most systems want that.
FROM golang:${GO} AS job
ARG TARGETARCH
COPY --from=binary --chmod=755 /goproxy-setup_linux_${TARGETARCH} /usr/local/bin/goproxy-setup

# The last one is what `docker build .` makes.
FROM scratch AS image
ARG TARGETARCH
COPY --from=certs /ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=binary --chmod=755 /goproxy-setup_linux_${TARGETARCH} /goproxy-setup
# A number, since Kubernetes cannot tell of a name that it is not root's.
USER 65532:65532
ENTRYPOINT ["/goproxy-setup"]
