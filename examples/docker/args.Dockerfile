# For a Dockerfile that shall know nothing of goproxy-setup: args.sh measures outside and passes the choice.
FROM golang:1.25 AS build
ARG GOPROXY
ARG GOSUMDB
ARG GOPRIVATE
WORKDIR /src
COPY . .
RUN go build -o /out/ ./...
FROM scratch
COPY --from=build /out/ /
