#!/bin/sh
# Leaves what a container takes from a tree: programs, libraries, accounts.
set -eu
rm -rf boot dev home media mnt opt proc root run srv sys tmp var
