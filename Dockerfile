# The program alone on a base without a shell. Build: docker build -t sirocco .
# Run: docker run -p 8080:8080 -v sirocco:/data sirocco
FROM golang:1.27 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /sirocco ./cmd/sirocco && mkdir /data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /sirocco /sirocco
COPY --from=build --chown=nonroot:nonroot /data /data
ENV SIROCCO_LISTEN=0.0.0.0:8080 SIROCCO_DATABASE=sqlite:/data/sirocco.db
EXPOSE 8080
VOLUME /data
ENTRYPOINT ["/sirocco"]
CMD ["serve"]
