export API_SERVER_PORT=8642
export HOME=/opt/data
export PATH=/usr/bin:/bin
export TOKEN='se same'
