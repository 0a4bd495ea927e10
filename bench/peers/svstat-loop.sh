#!/bin/sh
# What a person without a manager types: one s6-svstat for each service.
for service in "$1"/gateway-*; do
  s6-svstat "$service"
done
